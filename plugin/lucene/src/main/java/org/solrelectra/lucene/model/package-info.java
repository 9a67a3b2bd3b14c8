/**
 * A model directory on disk: what it must hold, how it is checked, what it says about itself.
 *
 * <p>Start reading at {@link org.solrelectra.lucene.model.ModelDirectory}.
 */
package org.solrelectra.lucene.model;
