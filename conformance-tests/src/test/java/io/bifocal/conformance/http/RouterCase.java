package io.bifocal.conformance.http;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One request to a route and a cluster of its own, both of its name.
 *
 * @param acts what the upstream does, try by try: {@link AttemptOrigin}
 * @param route further fields of the route's action
 * @param cluster further fields of its cluster
 * @param listener where it comes in, which decides how the router is configured: {@link RouterSide}
 * @param lines that the access log has of it
 * @param upstreamLines that the router's own log has of it
 */
record RouterCase(
    String name,
    String acts,
    String route,
    String cluster,
    Map<String, String> headers,
    String body,
    String listener,
    int lines,
    int upstreamLines) {
  RouterCase(String name, String acts, String route) {
    this(name, acts, route, "", Map.of(), "hello", "ingress", 1, 0);
  }

  RouterCase with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new RouterCase(name, acts, route, cluster, more, body, listener, lines, upstreamLines);
  }

  RouterCase in(String clusterFields) {
    return new RouterCase(
        name, acts, route, clusterFields, headers, body, listener, lines, upstreamLines);
  }

  RouterCase sending(String content) {
    return new RouterCase(
        name, acts, route, cluster, headers, content, listener, lines, upstreamLines);
  }

  RouterCase through(String other) {
    return new RouterCase(name, acts, route, cluster, headers, body, other, lines, upstreamLines);
  }

  /** From a client whose {@code x-envoy-} headers are obeyed. */
  RouterCase fromWithin() {
    return through("within");
  }

  RouterCase logged(int times) {
    return new RouterCase(
        name, acts, route, cluster, headers, body, listener, times, upstreamLines);
  }

  RouterCase loggedUpstream(int times) {
    String where = listener.equals("ingress") ? "logging" : listener;
    return new RouterCase(name, acts, route, cluster, headers, body, where, lines, times);
  }

  @Override
  public String toString() {
    return name;
  }
}
