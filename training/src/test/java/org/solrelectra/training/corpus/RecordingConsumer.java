package org.solrelectra.training.corpus;

import java.util.ArrayList;
import java.util.List;

/** Keeps what a source gives. */
final class RecordingConsumer implements DocumentSource.DocumentConsumer {
  /** A place, and how much had been given when it was told. */
  record Place(String name, int documents, int passedOver) {}

  final List<List<String>> documents = new ArrayList<>();
  final List<Place> places = new ArrayList<>();
  int passedOver;

  @Override
  public void accept(List<String> lines) {
    documents.add(lines);
  }

  @Override
  public void passOver() {
    passedOver++;
  }

  @Override
  public void mark(String place) {
    places.add(new Place(place, documents.size(), passedOver));
  }
}
