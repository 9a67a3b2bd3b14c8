package org.solrelectra.training.report;

/** Text that came from a file, made safe to stand in HTML and in an attribute's quotes. */
final class HtmlText {
  private static final char REPLACEMENT = '\uFFFD';

  private HtmlText() {}

  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        case '\t', '\n', '\r' -> escaped.append(' ');
        default -> escaped.append(Character.isISOControl(c) ? REPLACEMENT : c);
      }
    }
    return escaped.toString();
  }
}
