package org.solrelectra.solr.update;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.solr.common.SolrInputDocument;
import org.apache.solr.common.SolrInputField;
import org.apache.solr.update.AddUpdateCommand;
import org.apache.solr.update.CommitUpdateCommand;
import org.apache.solr.update.DeleteUpdateCommand;
import org.apache.solr.update.MergeIndexesCommand;
import org.apache.solr.update.RollbackUpdateCommand;
import org.apache.solr.update.processor.UpdateRequestProcessor;

/**
 * Holds documents back until some have come, has the processors behind classify their texts side by
 * side, and passes them on in their order; first of all before any other command.
 */
final class ParallelTextClassificationUpdateProcessor extends UpdateRequestProcessor {
  /** Of all documents that are held back, some megabytes: a request may be larger than the heap. */
  private static final long LARGEST_SIZE = 4_000_000;

  private final List<TextClassificationUpdateProcessor> classifiers;
  private final int batchSize;
  private final List<AddUpdateCommand> waiting = new ArrayList<>();
  private final AtomicLong size = new AtomicLong();

  ParallelTextClassificationUpdateProcessor(
      List<TextClassificationUpdateProcessor> classifiers,
      int batchSize,
      UpdateRequestProcessor next) {
    super(next);
    this.classifiers = classifiers;
    this.batchSize = batchSize;
  }

  @Override
  public void processAdd(AddUpdateCommand command) throws IOException {
    // Whoever reads the request uses one command for all its documents.
    waiting.add((AddUpdateCommand) command.clone());
    long held = size.addAndGet(size(command.getSolrInputDocument()));
    if (waiting.size() == batchSize || held > LARGEST_SIZE) {
      passOn();
    }
  }

  /** Returns how many characters and bytes a document holds. */
  private static long size(SolrInputDocument document) {
    long size = 0;
    for (SolrInputField field : document) {
      size += size(field.getValue());
    }
    if (document.hasChildDocuments()) {
      for (SolrInputDocument child : document.getChildDocuments()) {
        size += size(child);
      }
    }
    return size;
  }

  /** Of an atomic update, what it sets stands in a map. */
  private static long size(Object value) {
    long size = 0;
    if (value instanceof CharSequence text) {
      size = text.length();
    } else if (value instanceof byte[] bytes) {
      size = bytes.length;
    } else if (value instanceof SolrInputDocument child) {
      size = size(child);
    } else if (value instanceof Map<?, ?> operations) {
      size = size(operations.values());
    } else if (value instanceof Collection<?> values) {
      for (Object one : values) {
        size += size(one);
      }
    }
    return size;
  }

  @Override
  public void processDelete(DeleteUpdateCommand command) throws IOException {
    passOn();
    super.processDelete(command);
  }

  @Override
  public void processMergeIndexes(MergeIndexesCommand command) throws IOException {
    passOn();
    super.processMergeIndexes(command);
  }

  @Override
  public void processCommit(CommitUpdateCommand command) throws IOException {
    passOn();
    super.processCommit(command);
  }

  @Override
  public void processRollback(RollbackUpdateCommand command) throws IOException {
    passOn();
    super.processRollback(command);
  }

  /** Is called after an error too: what came before it is indexed, as it would be without this. */
  @Override
  public void finish() throws IOException {
    try {
      passOn();
    } finally {
      super.finish();
    }
  }

  /** A document that is refused ends the request: what came after it is left out. */
  private void passOn() throws IOException {
    List<AddUpdateCommand> commands = List.copyOf(waiting);
    waiting.clear();
    size.set(0);
    if (commands.isEmpty()) {
      return;
    }
    for (TextClassificationUpdateProcessor classifier : classifiers) {
      classifier.classifyAhead(commands);
    }
    for (AddUpdateCommand command : commands) {
      super.processAdd(command);
    }
  }
}
