package org.solrelectra.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A configset with one update chain and one reranking parser, whose parameters a test gives. */
final class TestConfigset {
  private static final String SCHEMA =
      """
      <schema name="test" version="1.7">
        <uniqueKey>id</uniqueKey>
        <field name="id" type="string" required="true"/>
        <field name="_version_" type="long"/>
        <field name="title" type="text"/>
        <field name="text" type="text" multiValued="true"/>
        <field name="hidden" type="text" stored="false"/>
        <field name="group" type="string"/>
        <field name="rank" type="float"/>
        <field name="label" type="string"/>
        <field name="labels" type="string" multiValued="true"/>
        <field name="sorted" type="string" multiValued="true" stored="false"/>
        <field name="confidence" type="float"/>
        <field name="confidences" type="float" multiValued="true"/>
        <field name="version" type="string"/>
        <field name="error" type="string"/>
        <field name="_root_" type="string"/>
        <field name="unreadable" type="string" stored="false" docValues="false"/>
        <field name="copied" type="string"/>
        <field name="copies" type="text" multiValued="true"/>
        <field name="key" type="uuid"/>
        <field name="tokens" type="preanalyzed"/>
        <field name="bytes" type="binary"/>
        <field name="vector" type="vector"/>
        <field name="day" type="date"/>
        <field name="flag" type="boolean"/>
        <field name="place" type="point"/>
        <dynamicField name="*_hidden" type="text" stored="false"/>
        <dynamicField name="*_s" type="string"/>
        <dynamicField name="*_t" type="text"/>
        <dynamicField name="*_copy" type="string"/>
        <copyField source="title" dest="copied"/>
        <copyField source="*_t" dest="copies"/>
        <copyField source="*_s" dest="*_copy"/>
        <fieldType name="uuid" class="solr.UUIDField"/>
        <fieldType name="preanalyzed" class="solr.PreAnalyzedField"/>
        <fieldType name="binary" class="solr.BinaryField"/>
        <fieldType name="vector" class="solr.DenseVectorField" vectorDimension="2"/>
        <fieldType name="date" class="solr.DatePointField" docValues="true"/>
        <fieldType name="boolean" class="solr.BoolField"/>
        <fieldType name="point" class="solr.LatLonPointSpatialField"/>
        <fieldType name="string" class="solr.StrField" docValues="true"/>
        <fieldType name="float" class="solr.FloatPointField" docValues="true"/>
        <fieldType name="long" class="solr.LongPointField" docValues="true"/>
        <fieldType name="text" class="solr.TextField">
          <analyzer>
            <tokenizer name="standard"/>
            <filter name="lowercase"/>
          </analyzer>
        </fieldType>
      </schema>
      """;

  private static final String SOLRCONFIG =
      """
      <config>
        <luceneMatchVersion>9.12</luceneMatchVersion>
        <schemaFactory class="ClassicIndexSchemaFactory"/>
        <updateHandler class="solr.DirectUpdateHandler2">
          <updateLog/>
        </updateHandler>
        <query>
          <queryResultCache size="100"/>
        </query>
        <updateRequestProcessorChain name="label" default="true">
          %s
          <processor class="solr.TolerantUpdateProcessorFactory">
            <int name="maxErrors">0</int>
          </processor>
          %s
          <processor class="solr.DistributedUpdateProcessorFactory"/>
          <processor class="solr.RunUpdateProcessorFactory"/>
        </updateRequestProcessorChain>
        <updateRequestProcessorChain name="plain">
          <processor class="solr.DistributedUpdateProcessorFactory"/>
          <processor class="solr.RunUpdateProcessorFactory"/>
        </updateRequestProcessorChain>
        %s
        %s
        <searchComponent name="elevator" class="solr.QueryElevationComponent">
          <str name="queryFieldType">string</str>
          <str name="config-file">elevate.xml</str>
        </searchComponent>
        <requestHandler name="/select" class="solr.SearchHandler">
          <arr name="last-components">
            <str>elevator</str>
          </arr>
        </requestHandler>
      </config>
      """;

  static final String LABELLING =
      "org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory";
  static final String READING_AHEAD =
      "org.solrelectra.solr.update.ParallelTextClassificationUpdateProcessorFactory";

  private final List<String> first = new ArrayList<>();
  private final List<String> processor = new ArrayList<>();
  private final List<String> named = new ArrayList<>();
  private final List<String> parser = new ArrayList<>();

  /** Has documents labelled in parallel: before the tolerant processor, as it should be. */
  TestConfigset inParallel(String... parameters) {
    first.add(element("processor", READING_AHEAD, parameters));
    return this;
  }

  /** Adds one of Solr's own processors, behind the tolerant one. */
  TestConfigset processing(String type, String... parameters) {
    processor.add(element("processor", type, parameters));
    return this;
  }

  /** Adds the update processor with these parameters: name, value, name, value, … */
  TestConfigset labelling(String... parameters) {
    processor.add(element("processor", LABELLING, parameters));
    return this;
  }

  /** Adds processors that requests may name: one that labels, and one that reads ahead. */
  TestConfigset naming(String labelling, String readingAhead, String... parameters) {
    named.add(element("updateProcessor name=\"" + labelling + "\"", LABELLING, parameters));
    named.add(element("updateProcessor name=\"" + readingAhead + "\"", READING_AHEAD));
    return this;
  }

  /** Adds a chain that names its processors in an attribute. */
  TestConfigset chainOf(String name, String processors) {
    named.add(
        "<updateRequestProcessorChain name=\""
            + name
            + "\" processor=\""
            + processors
            + "\"><processor class=\"solr.RunUpdateProcessorFactory\"/>"
            + "</updateRequestProcessorChain>");
    return this;
  }

  /** Adds the parser with these parameters. */
  TestConfigset reranking(String... parameters) {
    parser.add(
        element(
            "queryParser name=\"crossEncoder\"",
            "org.solrelectra.solr.search.CrossEncoderQParserPlugin",
            parameters));
    return this;
  }

  private static String element(String tag, String type, String... parameters) {
    StringBuilder element = new StringBuilder("<" + tag + " class=\"" + type + "\">");
    for (int i = 0; i < parameters.length; i += 2) {
      element
          .append("<str name=\"")
          .append(parameters[i])
          .append("\">")
          .append(parameters[i + 1])
          .append("</str>");
    }
    return element.append("</").append(tag.split(" ")[0]).append(">").toString();
  }

  void write(Path conf) throws IOException {
    Files.createDirectories(conf);
    Files.writeString(conf.resolve("schema.xml"), SCHEMA);
    Files.writeString(conf.resolve("elevate.xml"), "<elevate/>");
    Files.writeString(
        conf.resolve("solrconfig.xml"),
        String.format(
            Locale.ROOT,
            SOLRCONFIG,
            String.join("\n", first),
            String.join("\n", processor),
            String.join("\n", named),
            String.join("\n", parser)));
  }
}
