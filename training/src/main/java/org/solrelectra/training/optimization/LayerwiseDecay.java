package org.solrelectra.training.optimization;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Smaller rates for lower layers in fine-tuning: a factor for each parameter's name.
 *
 * @param layers the number of layers of the network
 * @param decay the factor from one layer to the next below; 1 switches it off
 */
public record LayerwiseDecay(int layers, double decay, Variant variant) {

  /** Where the head stands above the top layer. */
  public enum Variant {
    /** Top layer decay^2: the code of the paper (optimization.py L181-193), off by one. */
    OFFICIAL,
    /** Top layer decay^1. */
    CORRECTED
  }

  private static final Pattern LAYER = Pattern.compile("electra\\.encoder\\.layer\\.(\\d+)\\..*");

  public LayerwiseDecay {
    if (!(decay > 0 && decay <= 1)) {
      throw new IllegalArgumentException("decay must be in (0, 1]; decay=" + decay);
    }
  }

  /** Returns what the learning rate of the parameter of this name is multiplied by. */
  public double multiplier(String name) {
    Matcher matcher = LAYER.matcher(name);
    int depth;
    if (matcher.matches()) {
      depth = layers - Integer.parseInt(matcher.group(1));
    } else if (name.startsWith("electra.embeddings")) {
      depth = layers + 1;
    } else {
      return 1;
    }
    return Math.pow(decay, variant == Variant.OFFICIAL ? depth + 1 : depth);
  }
}
