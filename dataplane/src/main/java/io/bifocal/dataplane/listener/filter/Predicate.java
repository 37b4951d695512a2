package io.bifocal.dataplane.listener.filter;

import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilterChainMatchPredicate;

/** For which connections a listener filter is off. */
@FunctionalInterface
interface Predicate {
  Predicate NEVER = connection -> false;

  boolean holds(AcceptedConnection connection);

  /** Source: {@code envoy.config.listener.v3.ListenerFilterChainMatchPredicate}. */
  static Predicate of(ListenerFilterChainMatchPredicate proto) {
    return switch (proto.getRuleCase()) {
      case OR_MATCH -> {
        var any = proto.getOrMatch().getRulesList().stream().map(Predicate::of).toList();
        yield connection -> any.stream().anyMatch(p -> p.holds(connection));
      }
      case AND_MATCH -> {
        var all = proto.getAndMatch().getRulesList().stream().map(Predicate::of).toList();
        yield connection -> all.stream().allMatch(p -> p.holds(connection));
      }
      case NOT_MATCH -> {
        Predicate not = of(proto.getNotMatch());
        yield connection -> !not.holds(connection);
      }
      case ANY_MATCH -> connection -> true;
      case DESTINATION_PORT_RANGE -> {
        int start = proto.getDestinationPortRange().getStart();
        int end = proto.getDestinationPortRange().getEnd();
        yield connection ->
            connection.local() instanceof Address.Ip ip && ip.port() >= start && ip.port() < end;
      }
      case RULE_NOT_SET -> NEVER;
    };
  }
}
