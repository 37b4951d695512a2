package io.bifocal.conformance.rfc8305;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request to a cluster of one endpoint, and what the network does to its connection.
 *
 * @param addresses the endpoint's, by their {@link FarSide short names}
 * @param network {@code 6a silent, 4a refused after 10, 6b answers after 220, 4b unreachable}, or
 *     with {@code udp} or {@code tcp} before an address; what is not named answers at once
 * @param options further fields of the cluster, as YAML in flow style
 * @param ours what is under {@code bifocal.connect} in its metadata
 * @param services who listens: fields of the lab's request {@code serve}, by address or for all by
 *     ""; with {@link #HTTP3} before an address, who speaks that there
 * @param request method, headers and body
 * @param times how many requests
 * @param atOnce whether they are sent together or one after the other
 */
record Race(
    String addresses,
    String network,
    String options,
    String ours,
    Map<String, Map<String, ?>> services,
    Request request,
    int times,
    boolean atOnce) {

  /** Before an address at which a service is one of HTTP/3. */
  static final String HTTP3 = "udp ";

  private static final Pattern RULE =
      Pattern.compile(
          "(?:(udp|tcp) )?(\\w+) (silent|refused|unreachable|answers)(?: after (\\d+))?");

  /** What a client sends. */
  record Request(String method, Map<String, String> headers, String body) {}

  /** What the network does with an address: the lab's action, and its delay each way. */
  record Rule(@Nullable String protocol, String address, String action, double delayMillis) {}

  /** One GET to an endpoint of these addresses that comes by EDS. */
  static Race byEds(String addresses) {
    return of(addresses)
        .with("type: EDS, eds_cluster_config: {eds_config: {ads: {}, resource_api_version: V3}}");
  }

  /** One GET to an endpoint of these addresses, nothing amiss. */
  static Race of(String addresses) {
    return new Race(
        addresses,
        "",
        "",
        "outcome_memory: false",
        Map.of("", Map.of()),
        new Request("GET", Map.of(), ""),
        1,
        false);
  }

  Race where(String network) {
    return new Race(addresses, network, options, ours, services, request, times, atOnce);
  }

  /** The cluster's {@code connect_timeout}. */
  Race within(String timeout) {
    return with("connect_timeout: " + timeout);
  }

  /** Further fields of the cluster; {@code $PORT} and {@code $NAME} are the race's own. */
  Race with(String option) {
    String all = options.isEmpty() ? option : options + ", " + option;
    return new Race(addresses, network, all, ours, services, request, times, atOnce);
  }

  /** Settings of our own, which Envoy ignores; by default nothing is remembered, as with Envoy. */
  Race ours(String settings) {
    return new Race(addresses, network, options, settings, services, request, times, atOnce);
  }

  /** On this address listens something else. */
  Race served(String address, Map<String, ?> service) {
    Map<String, Map<String, ?>> more = new TreeMap<>(services);
    if (!address.startsWith(HTTP3)) {
      more.remove("");
    }
    more.put(address, service);
    return serving(more);
  }

  private Race serving(Map<String, Map<String, ?>> all) {
    return new Race(addresses, network, options, ours, all, request, times, atOnce);
  }

  /** Every request is retried once when it has no connection. */
  Race retried() {
    return asking(new Request(request.method(), Map.of("x-retries", "1"), request.body()));
  }

  Race asking(Request request) {
    return new Race(addresses, network, options, ours, services, request, times, atOnce);
  }

  /** So many requests one after the other, on one connection if the proxy keeps it. */
  Race again(int times) {
    return new Race(addresses, network, options, ours, services, request, times, false);
  }

  /** So many requests one after the other, each on a connection of its own. */
  Race inARow(int times) {
    return serving(Map.of("", Map.of("close", true))).again(times);
  }

  /** So many requests together. */
  Race atOnce(int times) {
    return new Race(addresses, network, options, ours, services, request, times, true);
  }

  List<Rule> rules() {
    return Arrays.stream(network.split(","))
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .map(Race::rule)
        .toList();
  }

  private static Rule rule(String text) {
    Matcher matcher = RULE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a rule: " + text);
    }
    double after = matcher.group(4) == null ? 0 : Double.parseDouble(matcher.group(4));
    return new Rule(matcher.group(1), matcher.group(2), action(matcher.group(3)), after / 2);
  }

  private static String action(String fate) {
    return switch (fate) {
      case "silent" -> "drop";
      case "refused" -> "refuse";
      case "answers" -> "accept";
      default -> fate;
    };
  }

  /** How many attempts there can be without retries. */
  int most() {
    return addresses.split(" ").length * times;
  }
}
