package org.solrelectra.training.report;

/** The shape of a run's points, which tells runs apart where colours do not. */
enum Marker {
  CIRCLE,
  SQUARE,
  TRIANGLE,
  DIAMOND;

  /** Returns the shape of a run by its place in the report; colour and shape repeat at 32. */
  static Marker of(int run) {
    return values()[(run + run / HtmlReport.COLOURS) % values().length];
  }

  /** Returns the outline around a point, in SVG's path language. */
  String path(double x, double y) {
    String shape =
        switch (this) {
          case CIRCLE -> "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z";
          case SQUARE -> "m-3.2-3.2h6.4v6.4h-6.4z";
          case TRIANGLE -> "m0-4.2l4.2 7.2h-8.4z";
          case DIAMOND -> "m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z";
        };
    return "M" + CurveChart.coordinate(x) + " " + CurveChart.coordinate(y) + shape;
  }
}
