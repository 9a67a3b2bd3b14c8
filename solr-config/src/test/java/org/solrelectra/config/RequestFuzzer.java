package org.solrelectra.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes searches that rerank: most of them right but for one or two parameters. */
final class RequestFuzzer {
  /** Right and wrong values of {@code {!crossEncoder …}}'s local parameters. */
  private static final Map<String, List<List<String>>> LOCAL = new LinkedHashMap<>();

  /** The same of the request's own parameters that reranking meets. */
  private static final Map<String, List<List<String>>> OTHERS = new LinkedHashMap<>();

  private static final List<String> NO_NUMBERS =
      List.of(
          "", "-1", "0x10", "NaN", "Infinity", "1e99", "99999999999", "many", "1,5", "1 2", "٣");

  private static final List<String> QUERIES =
      List.of(
          "{!func}field(rank)",
          "{!func}field(rank)",
          "*:*",
          "text:good",
          "title:bad text:great",
          "id:1",
          "text:nowhere",
          "{!func}product(field(rank),-1)",
          "{!func}div(field(rank),0)");

  private static final List<String> NO_PARSERS =
      List.of(
          "",
          " ",
          "crossEncoder",
          "{!crossEncoder}",
          "{!crossEncoder",
          "{!crossEncoder model=passage-ranker",
          "{!crossEncoder model='passage-ranker}",
          "{!crossEncoder model=passage-ranker inputField=text queryText=$nowhere}",
          "{!crossEncoder model=passage-ranker inputField=text queryText=$rq}",
          "{!crossEncoder v=$q}",
          "{!crossEncoder model=passage-ranker inputField=text queryText=good}and more",
          "{!crossEncoder type=func model=passage-ranker}",
          "{!crossencoder model=passage-ranker inputField=text queryText=good}");

  static {
    put(
        LOCAL,
        "model",
        List.of("passage-ranker"),
        List.of("topics", "../models", "", "a".repeat(5_000), "*"));
    put(
        LOCAL,
        "inputField",
        List.of("text", "title,text", "title text", "text,title"),
        List.of(
            ",",
            " , ",
            "*",
            "*_hidden",
            "rank",
            "hidden",
            "_version_",
            "nowhere",
            "text,,title",
            "text,text",
            "id[0]",
            "x_hidden"));
    put(
        LOCAL,
        "queryText",
        List.of("good", "is it any", "$userText", "$q"),
        List.of("", " ", "\u00a0", "$nowhere", "\u200b"));
    number("reRankDocs", "1", "3", "100", "10000");
    number("reRankWeight", "1", "0.5", "1e-3", "1000000");
    number("timeoutMillis", "0", "1", "1000", "3600000");
    number("maxWindows", "1", "2", "64");
    number("windowStride", "0", "2", "4");
    number("maxTokens", "1", "100", "1000000");
    put(
        LOCAL,
        "reRankOperator",
        List.of("replace", "add", "multiply"),
        List.of("", "REPLACE", "min_max", "add "));
    put(LOCAL, "onError", List.of("original", "partial", "fail"), List.of("", "index", "Original"));
    put(
        LOCAL,
        "windowAggregation",
        List.of("max", "mean", "topMean"),
        List.of("", "topmean", "sum"));
    put(LOCAL, "cache", List.of("true", "false"), List.of("maybe"));
    put(LOCAL, "unknown", List.of("1"), List.of(""));

    put(OTHERS, "rows", List.of("0", "1", "3", "100", "100000"), List.of("-1", "x"));
    put(OTHERS, "start", List.of("0", "2", "50"), List.of("-1", "x"));
    put(
        OTHERS,
        "sort",
        List.of("score desc", "score desc,id asc"),
        List.of("score asc", "rank desc", "id asc,score desc", "nowhere desc"));
    put(
        OTHERS,
        "fl",
        List.of("id,score", "*", "id,score,before:originalScore()", "[explain],id,score"),
        List.of("originalScore(", "id,[nowhere]"));
    put(
        OTHERS,
        "fq",
        List.of("group:a", "{!collapse field=group}", "-text:bad", "id:nowhere"),
        List.of("{!collapse field=nowhere}", "text:("));
    put(OTHERS, "group", List.of("false"), List.of("true"));
    put(OTHERS, "cursorMark", List.of(), List.of("*", "AoE="));
    put(OTHERS, "multiThreaded", List.of("false"), List.of("true"));
    put(OTHERS, "timeAllowed", List.of("0", "1", "100000"), List.of("x"));
    put(OTHERS, "partialResults", List.of("true", "false"), List.of("maybe"));
    put(OTHERS, "debugQuery", List.of("true"), List.of());
    put(OTHERS, "explainOther", List.of("id:4", "*:*"), List.of("text:("));
    put(OTHERS, "facet", List.of("true&facet.field=group"), List.of());
    put(OTHERS, "hl", List.of("true&hl.fl=text"), List.of());
    put(OTHERS, "elevateIds", List.of("3", "4,1", "nowhere"), List.of());
    put(
        OTHERS,
        "defType",
        List.of("lucene", "edismax&qf=text", "dismax&qf=text"),
        List.of("nowhere"));
    put(OTHERS, "shards.tolerant", List.of("true"), List.of());
    put(OTHERS, "omitHeader", List.of("true"), List.of());
    put(OTHERS, "segmentTerminateEarly", List.of("true"), List.of());
  }

  /** The kind of a request that has to be answered. */
  static final String NOTHING_WRONG = "nothing wrong";

  private RequestFuzzer() {}

  /**
   * A request.
   *
   * @param parameters name, value, name, value, …
   * @param rq its {@code rq}, or null
   * @param kinds what is odd about it
   */
  record Request(List<String> parameters, String rq, List<String> kinds) {
    boolean has(String parameter) {
      for (int i = 0; i < parameters.size(); i += 2) {
        if (parameters.get(i).equals(parameter)) {
          return true;
        }
      }
      return false;
    }

    /** Says whether no document can come back. */
    boolean isEmpty() {
      return value("rows").equals("0");
    }

    private String value(String parameter) {
      for (int i = 0; i < parameters.size(); i += 2) {
        if (parameters.get(i).equals(parameter)) {
          return parameters.get(i + 1);
        }
      }
      return "";
    }

    /** Returns a local parameter of {@code rq}. */
    String local(String parameter, String otherwise) {
      Matcher found = Pattern.compile(" " + parameter + "='([^']*)'").matcher(rq);
      return found.find() ? found.group(1) : otherwise;
    }

    /** Returns the same without reranking, and without some other parameters. */
    List<String> firstStage(String... without) {
      List<String> rest = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i += 2) {
        String name = parameters.get(i);
        if (!name.equals("rq") && !List.of(without).contains(name)) {
          rest.addAll(parameters.subList(i, i + 2));
        }
      }
      return rest;
    }
  }

  static Request request(Random random) {
    List<String> kinds = new ArrayList<>();
    List<String> parameters = new ArrayList<>();
    String query = FuzzTexts.pick(random, QUERIES);
    if (random.nextInt(20) == 0) {
      query = FuzzTexts.any(random);
      kinds.add("q: any text");
    }
    parameters.addAll(List.of("q", query));
    String rq = random.nextInt(12) == 0 ? FuzzTexts.pick(random, NO_PARSERS) : rq(random, kinds);
    if (NO_PARSERS.contains(rq)) {
      kinds.add("rq: not one of its forms");
    }
    parameters.addAll(List.of("rq", rq));
    if (random.nextInt(40) == 0) {
      parameters.addAll(List.of("rq", rq));
      kinds.add("rq: twice");
    }
    String userText = FuzzTexts.any(random);
    if (rq.contains("$userText")) {
      kinds.add("queryText: any text");
    }
    if (random.nextInt(200) == 0) {
      userText = "x ".repeat(500_000);
      kinds.add("queryText: a megabyte");
    }
    parameters.addAll(List.of("userText", userText));
    if (random.nextBoolean()) {
      parameters.addAll(List.of("fl", "id,score"));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      String name = FuzzTexts.pick(random, List.copyOf(OTHERS.keySet()));
      Value value = value(random, OTHERS.get(name), 4);
      if (value.isWrong()) {
        kinds.add(name + ": wrong");
      }
      String[] several = value.text().split("&");
      parameters.addAll(List.of(name, several[0]));
      for (int j = 1; j < several.length; j++) {
        parameters.addAll(List.of(several[j].split("=", 2)));
      }
    }
    if (kinds.isEmpty()) {
      kinds.add(NOTHING_WRONG);
    }
    return new Request(parameters, rq, kinds);
  }

  private static String rq(Random random, List<String> kinds) {
    StringBuilder rq = new StringBuilder("{!crossEncoder");
    for (Map.Entry<String, List<List<String>>> entry : LOCAL.entrySet()) {
      String name = entry.getKey();
      boolean isRequired = List.of("model", "inputField", "queryText").contains(name);
      if (isRequired ? random.nextInt(40) == 0 : random.nextInt(5) != 0) {
        if (isRequired) {
          kinds.add(name + ": missing");
        }
        continue;
      }
      Value value = value(random, entry.getValue(), 12);
      if (name.equals("unknown")) {
        kinds.add("rq: unknown parameter");
      } else if (value.isWrong()) {
        kinds.add(name + ": wrong");
      }
      rq.append(' ').append(name).append('=').append(quoted(value.text()));
      if (random.nextInt(60) == 0) {
        rq.append(' ').append(name).append('=').append(quoted(value.text()));
        kinds.add("rq: a parameter twice");
      }
    }
    if (!Pattern.compile(" maxWindows='(?!1')").matcher(rq).find()
        && Pattern.compile(" (windowStride|windowAggregation|maxTokens)=").matcher(rq).find()) {
      kinds.add("maxWindows: 1 beside others that need more");
    }
    return rq.append('}').toString();
  }

  private static String quoted(String value) {
    return value.startsWith("$") ? value : "'" + value + "'";
  }

  private record Value(String text, boolean isWrong) {}

  /**
   * @param odds of how many values one is wrong
   */
  private static Value value(Random random, List<List<String>> pools, int odds) {
    List<String> right = pools.get(0);
    List<String> wrong = pools.get(1);
    boolean isWrong = right.isEmpty() || (!wrong.isEmpty() && random.nextInt(odds) == 0);
    return new Value(FuzzTexts.pick(random, isWrong ? wrong : right), isWrong);
  }

  private static void number(String name, String... right) {
    put(LOCAL, name, List.of(right), NO_NUMBERS);
  }

  private static void put(
      Map<String, List<List<String>>> to, String name, List<String> right, List<String> wrong) {
    to.put(name, List.of(right, wrong));
  }
}
