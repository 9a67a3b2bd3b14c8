/**
 * Files and folders that appear complete or not at all, and their hashes.
 *
 * <p>Start reading at {@link org.solrelectra.training.storage.Folders}.
 */
package org.solrelectra.training.storage;
