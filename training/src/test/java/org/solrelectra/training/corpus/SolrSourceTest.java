package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.solr.common.SolrDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.corpus.FakeSolr.Failure;

/** A Solr as a place documents come from: cursor, rate, failures, logins. */
class SolrSourceTest {
  private static final SolrQuerySettings BY_TWO =
      new SolrQuerySettings("*:*", List.of(), null, 2, 1000);

  private FakeSolr solr;
  private final FakeTiming timing = new FakeTiming();

  /** Time passes only while somebody waits. */
  private static final class FakeTiming implements Timing {
    private long now = 42;
    private final List<Long> waitedMillis = new ArrayList<>();

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public void sleep(long nanos) {
      waitedMillis.add(TimeUnit.NANOSECONDS.toMillis(nanos));
      now += nanos;
    }
  }

  /** Five documents; the fourth has no text. */
  @BeforeEach
  void start() throws IOException {
    solr = new FakeSolr(documents(5));
  }

  @AfterEach
  void stop() {
    solr.close();
  }

  static List<SolrDocument> documents(int count) {
    List<SolrDocument> documents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SolrDocument document = new SolrDocument();
      document.setField("key", String.format(Locale.ROOT, "%05d", i));
      document.setField("title", List.of("title " + i, "other " + i));
      if (i != 3) {
        document.setField("text", "text " + i + "\nmore");
      }
      document.setField("year", 1990 + i);
      documents.add(document);
    }
    return documents;
  }

  private SolrSource source(SolrQuerySettings settings, String... fields) {
    return new SolrSource(SolrAddress.parse(solr.url(), null), List.of(fields), settings, timing);
  }

  @Test
  void everyDocumentComesOnceByCursor() throws IOException {
    RecordingConsumer read = new RecordingConsumer();
    source(BY_TWO, "title", "text").forEachDocument(read);
    assertEquals(5, read.documents.size());
    assertEquals(List.of("title 0", "other 0", "text 0", "more"), read.documents.get(0));
    assertEquals(List.of("title 3", "other 3"), read.documents.get(3));
    assertEquals(
        List.of("Ao2", "Ao4", "Ao5"),
        read.places.stream().map(RecordingConsumer.Place::name).toList());
    assertEquals(4, solr.queries.size());
    Map<String, String> first = solr.queries.get(0);
    assertEquals("*:*", first.get("q"));
    assertEquals("lucene", first.get("defType"));
    assertEquals("title,text,key", first.get("fl"));
    assertEquals("2", first.get("rows"));
    assertEquals("key asc", first.get("sort"));
    assertEquals("*", first.get("cursorMark"));
    assertEquals("Ao2", solr.queries.get(1).get("cursorMark"));
    assertFalse(first.containsKey("fq"));
  }

  @Test
  void queriesAndKeyAreTheUsers() throws IOException {
    source(
            new SolrQuerySettings("text:more", List.of("year:1990", "a:b c"), "title", 10, 1000),
            "text")
        .forEachDocument(new RecordingConsumer());
    Map<String, String> query = solr.queries.get(0);
    assertEquals("text:more", query.get("q"));
    assertEquals("year:1990|a:b c", query.get("fq"));
    assertEquals("title asc", query.get("sort"));
  }

  @Test
  void readingGoesOnFromEveryPlace() throws IOException {
    RecordingConsumer whole = new RecordingConsumer();
    source(BY_TWO, "text").forEachDocument(whole);
    assertEquals(1, whole.passedOver);
    for (RecordingConsumer.Place place : whole.places) {
      RecordingConsumer rest = new RecordingConsumer();
      source(BY_TWO, "text").forEachDocument(place.name(), rest);
      assertEquals(whole.documents.subList(place.documents(), 4), rest.documents, place.name());
    }
  }

  /** Two documents at four a second are half a second, whatever the request itself took. */
  @Test
  void theRateIsBounded() throws IOException {
    source(new SolrQuerySettings("*:*", List.of(), null, 2, 4), "text")
        .forEachDocument(new RecordingConsumer());
    assertEquals(List.of(500L, 500L, 250L), timing.waitedMillis);
  }

  @Test
  void whatMayPassIsAskedAgain() throws IOException {
    solr.failures.addAll(List.of(Failure.UNAVAILABLE, Failure.CUT_SHORT, Failure.PARTIAL));
    RecordingConsumer read = new RecordingConsumer();
    source(BY_TWO, "text").forEachDocument(read);
    assertEquals(4, read.documents.size());
    assertEquals(List.of(1000L, 2000L, 4000L), timing.waitedMillis.subList(0, 3));
  }

  @Test
  void whatDoesNotPassIsAnError() {
    solr.failures.addAll(Collections.nCopies(5, Failure.UNAVAILABLE));
    solr.failures.add(Failure.PARTIAL);
    assertEquals(solr.url() + " failed 6 times, at last: the result is partial", failure("text"));
    assertEquals(List.of(1000L, 2000L, 4000L, 8000L, 16000L), timing.waitedMillis);
    solr.failures.add(Failure.BAD_REQUEST);
    assertEquals(
        solr.url()
            + " refuses: Error from server at "
            + solr.url()
            + "/select: undefined field nonsense",
        failure("text"));
    solr.failures.add(Failure.TOO_LONG);
    assertEquals(solr.url() + " refuses; status=414", failure("text"));
    assertEquals(5, timing.waitedMillis.size(), "a refusal is not asked again");
    solr.failures.addAll(Collections.nCopies(6, Failure.UNAVAILABLE));
    assertEquals(solr.url() + " failed 6 times, at last: status=503", failure("text"));
    solr.close();
    assertEquals(solr.url() + " failed 6 times, at last: it cannot be reached", failure("text"));
  }

  private String failure(String... fields) {
    return failure(source(BY_TWO, fields));
  }

  private static String failure(SolrSource source) {
    return assertThrows(
            InvalidCorpusException.class, () -> source.forEachDocument(new RecordingConsumer()))
        .getMessage();
  }

  @Test
  void aCollectionThatIsNotThereIsNamed() {
    String url = "http://" + solr.host() + "/solr/news";
    SolrSource source =
        new SolrSource(SolrAddress.parse(url, null), List.of("text"), BY_TWO, timing);
    assertEquals(
        "no collection or core of a Solr answers at " + url + "; status=404", failure(source));
    assertEquals(List.of(), timing.waitedMillis);
  }

  /** Else a corpus of titles and bodies would hold the titles alone. */
  @Test
  void aFieldThatIsNotStoredIsFoundBeforeTheFirstDocument() {
    assertEquals(
        solr.url()
            + ": field 'hidden' must be stored or have docValues; stored=false,"
            + " docValues=false",
        failure("title", FakeSolr.UNSTORED));
    assertEquals(List.of(), solr.queries);
  }

  @Test
  void whatIsNotTextIsNamed() throws IOException {
    assertEquals(
        solr.url() + ": field 'year' of document '00000' must be text; found Integer",
        failure("year"));
    assertEquals(
        "no document has text in [body]; fields seen: [key, text, title, year]; Solr: "
            + solr.url(),
        failure("body"));
    try (FakeSolr empty = new FakeSolr(List.of())) {
      SolrSource source =
          new SolrSource(
              SolrAddress.parse(empty.url(), null),
              List.of("text"),
              new SolrQuerySettings("a:b", List.of("c:d"), null, 2, 1000),
              timing);
      assertEquals("no document of " + empty.url() + " matches a:b and [c:d]", failure(source));
    }
  }

  @Test
  void theLoginIsSentAndNeverShown() throws IOException {
    // RFC 7617's own example.
    solr.requiredAuthorization = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    assertEquals(solr.url() + " asks for a login; status=401", failure("text"));
    String address = "http://Aladdin:open%20sesame@" + solr.host() + "/solr/articles/";
    for (SolrAddress login :
        List.of(
            SolrAddress.parse(address, "other:one"),
            SolrAddress.parse(solr.url(), "Aladdin:open sesame"))) {
      RecordingConsumer read = new RecordingConsumer();
      SolrSource source = new SolrSource(login, List.of("text"), BY_TWO, timing);
      source.forEachDocument(read);
      assertEquals(4, read.documents.size());
      assertEquals("Solr [text] of " + solr.url() + " matching *:*", source.description());
      assertEquals(solr.url(), login.toString());
    }
    SolrSource wrong =
        new SolrSource(
            SolrAddress.parse(solr.url(), "Aladdin:guess"), List.of("text"), BY_TWO, timing);
    assertEquals(solr.url() + " asks for another login; status=401", failure(wrong));
  }

  @Test
  void anAddressMustNameACollection() {
    String expected = "expected http://host:8983/solr/collection; ";
    for (String address :
        List.of(
            "http://host:8983/", "http://host/solr/a?q=b", "http:///solr/a", "ftp://host/solr/a")) {
      assertEquals(
          "a Solr's URL must name one collection and nothing after it; " + expected + address,
          assertThrows(
                  IllegalArgumentException.class, () -> SolrAddress.parse(address, null), address)
              .getMessage());
    }
    IllegalArgumentException broken =
        assertThrows(
            IllegalArgumentException.class,
            () -> SolrAddress.parse("http://me:secret@host/solr/a b", null));
    assertEquals(
        "a Solr must be given as a URL; " + expected + "http://host/solr/a b", broken.getMessage());
    assertEquals(null, broken.getCause());
    assertEquals(
        "a login to Solr must be user:password; what was given for http://host/solr/a has no colon",
        assertThrows(
                IllegalArgumentException.class,
                () -> SolrAddress.parse("http://secret@host/solr/a", null))
            .getMessage());
  }

  @Test
  void settingsAreChecked() {
    assertEquals(
        "documentsPerSecond must be above 0; documentsPerSecond=0.0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new SolrQuerySettings("*:*", List.of(), null, 1, 0))
            .getMessage());
    assertEquals(
        "rows must be at least 1; rows=0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new SolrQuerySettings("*:*", List.of(), null, 0, 1))
            .getMessage());
    assertTrue(SolrQuerySettings.ALL.documentsPerSecond() <= 1000);
  }
}
