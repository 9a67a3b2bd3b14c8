package org.solrelectra.solr;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.solr.common.util.DOMUtil;
import org.apache.solr.common.util.NamedList;
import org.junit.jupiter.api.Test;
import org.solrelectra.solr.search.CrossEncoderQParserPlugin;
import org.solrelectra.solr.update.ParallelTextClassificationUpdateProcessorFactory;
import org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** The configuration shown in Javadoc is one that the class takes. */
class JavadocExamplesTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("<pre class=\"solrconfig\">\\{@code(.*?)}</pre>", Pattern.DOTALL);

  @Test
  void updateProcessorTakesItsExample() throws Exception {
    Element processor = element(TextClassificationUpdateProcessorFactory.class, "processor");
    new TextClassificationUpdateProcessorFactory().init(arguments(processor));
  }

  @Test
  void parallelUpdateProcessorTakesItsExample() throws Exception {
    Element processor =
        element(ParallelTextClassificationUpdateProcessorFactory.class, "processor");
    new ParallelTextClassificationUpdateProcessorFactory().init(arguments(processor));
  }

  @Test
  void queryParserTakesItsExample() throws Exception {
    Element parser = element(CrossEncoderQParserPlugin.class, "queryParser");
    assertEquals(CrossEncoderQParserPlugin.NAME, parser.getAttribute("name"));
    new CrossEncoderQParserPlugin().init(arguments(parser));
  }

  private static NamedList<Object> arguments(Element element) {
    return DOMUtil.childNodesToNamedList(element);
  }

  /** Returns the first element of this name in a class's example, which must name the class. */
  private static Element element(Class<?> type, String name)
      throws IOException, ParserConfigurationException, SAXException {
    Path source =
        Path.of("src/main/java", type.getName().replace('.', '/') + ".java").toAbsolutePath();
    Matcher example = EXAMPLE.matcher(Files.readString(source));
    example.find();
    String xml = example.group(1).replaceAll("(?m)^ \\* ?", "");
    Element root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(xml.strip().getBytes(StandardCharsets.UTF_8)))
            .getDocumentElement();
    Element found =
        root.getTagName().equals(name) ? root : (Element) root.getElementsByTagName(name).item(0);
    assertEquals(type.getName(), found.getAttribute("class"));
    return found;
  }
}
