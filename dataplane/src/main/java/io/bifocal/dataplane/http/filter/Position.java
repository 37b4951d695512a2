package io.bifocal.dataplane.http.filter;

import org.jspecify.annotations.Nullable;

/** Where filters stand. */
enum Position {
  /** Before the router. */
  DOWNSTREAM("http_filters", "http_filter", "http", "."),
  /** Before the router, for requests that ask for another protocol. */
  UPGRADE("filters", "http_filter", "http upgrade", "."),
  /** Between the router and whatever upstream it chooses. */
  ROUTER(
      "upstream_http_filters",
      "upstream_http_filter",
      "router upstream http",
      ". When upstream_http_filters are specified, they must explicitly end with an UpstreamCodec"
          + " filter."),
  /** Between the router and a cluster that has filters of its own. */
  CLUSTER("http_filters", "upstream_http_filter", "upstream http", ".");

  /** The field they are in. */
  final String field;

  /** Of what is discovered, in the statistics. */
  final String discovered;

  private final String chain;
  private final String behindLast;

  Position(String field, String discovered, String chain, String behindLast) {
    this.field = field;
    this.discovered = discovered;
    this.chain = chain;
    this.behindLast = behindLast;
  }

  /** The kind that is configured by this type, if it may stand here. */
  @Nullable HttpFilterFactory find(HttpFilters kinds, String typeUrl) {
    HttpFilterFactory found = kinds.find(typeUrl);
    boolean beforeRouter = this == DOWNSTREAM || this == UPGRADE;
    return found == null || beforeRouter || found.upstream() ? found : null;
  }

  /** What Envoy says of a last filter that leads nowhere. */
  String leadsNowhere(String name, String kind) {
    return "Error: non-terminal filter named %s of type %s is the last filter in a %s filter chain%s"
        .formatted(name, kind, chain, behindLast);
  }

  /** What Envoy says of filters behind one that passes nothing on. */
  String mustBeLast(String name, String kind) {
    return "Error: terminal filter named %s of type %s must be the last filter in a %s filter chain."
        .formatted(name, kind, chain);
  }
}
