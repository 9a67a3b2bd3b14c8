package org.solrelectra.lucene.search;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.StoredFieldVisitor;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.JoinedText;

/**
 * Collects the passage of one document after another from its stored fields. Stops where no further
 * value can change a sequence, and at the deadline. One thread.
 */
final class PassageVisitor extends StoredFieldVisitor {
  /** Characters between two looks at the deadline, tens of microseconds. */
  private static final int LOOK_AFTER = 1 << 16;

  /** A value counts so many characters more: also empty ones, and those that are skipped. */
  private static final int OF_A_VALUE = 64;

  private final Map<String, Integer> places = new HashMap<>();
  private final JoinedText[] texts;
  private Deadline deadline = Deadline.NONE;
  private int sinceLook;
  private boolean isOver;
  // The first field that alone has all that is read: neither it nor those behind it are read on.
  private int full;

  PassageVisitor(List<String> fields, Supplier<JoinedText> emptyText) {
    texts = new JoinedText[fields.size()];
    for (int i = 0; i < texts.length; i++) {
      places.put(fields.get(i), i);
      texts[i] = emptyText.get();
    }
  }

  /** Makes ready for the next document. */
  void start(Deadline until) {
    for (JoinedText text : texts) {
      text.clear();
    }
    deadline = until;
    sinceLook = 0;
    isOver = until.isOver();
    full = texts.length;
  }

  /** Returns the passage; nothing if the deadline came first. */
  Optional<String> passage() {
    if (isOver) {
      return Optional.empty();
    }
    StringBuilder passage = new StringBuilder();
    String separator = "";
    for (JoinedText text : texts) {
      if (!text.isEmpty()) {
        passage.append(separator).append(text);
        separator = " ";
      }
    }
    return Optional.of(passage.toString());
  }

  @Override
  public Status needsField(FieldInfo field) {
    look(OF_A_VALUE);
    if (isOver || full == 0) {
      return Status.STOP;
    }
    int place = places.getOrDefault(field.name, Integer.MAX_VALUE);
    if (place >= full) {
      return Status.NO;
    }
    if (texts[place].isFull()) {
      full = place;
      return place == 0 ? Status.STOP : Status.NO;
    }
    return Status.YES;
  }

  private void look(int characters) {
    sinceLook += characters;
    if (sinceLook >= LOOK_AFTER) {
      sinceLook = 0;
      isOver |= deadline.isOver();
    }
  }

  @Override
  public void stringField(FieldInfo field, String value) {
    texts[places.get(field.name)].add(value);
    look(Math.min(value.length(), LOOK_AFTER));
  }

  @Override
  public void intField(FieldInfo field, int value) {
    stringField(field, Integer.toString(value));
  }

  @Override
  public void longField(FieldInfo field, long value) {
    stringField(field, Long.toString(value));
  }

  @Override
  public void floatField(FieldInfo field, float value) {
    stringField(field, Float.toString(value));
  }

  @Override
  public void doubleField(FieldInfo field, double value) {
    stringField(field, Double.toString(value));
  }
}
