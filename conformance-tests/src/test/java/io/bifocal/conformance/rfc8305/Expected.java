package io.bifocal.conformance.rfc8305;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a race looks like from outside, whoever runs it.
 *
 * @param wire these attempts and no others
 * @param replies one for each request; none when they are not looked at
 * @param counters statistics, name and value
 * @param logged what every line of the access log has in it
 */
record Expected(Timeline wire, List<Reply> replies, List<String> counters, List<String> logged) {

  /** {@code 0 6a, 300 4a}. */
  static Expected onTheWire(String attempts) {
    return new Expected(Timeline.of(attempts), List.of(), List.of(), List.of());
  }

  /** {@code 200 4a at 300}, one for each request. */
  Expected replies(String... expected) {
    return new Expected(wire, Arrays.stream(expected).map(Reply::of).toList(), counters, logged);
  }

  /** {@code upstream_cx_total 2, upstream_cx_connect_fail 0}. */
  Expected counts(String expected) {
    return new Expected(wire, replies, with(counters, expected.split(", ")), logged);
  }

  /** In every line of the access log. */
  Expected logs(String part) {
    return new Expected(wire, replies, counters, with(logged, part));
  }

  private static List<String> with(List<String> list, String... more) {
    return Stream.concat(list.stream(), Arrays.stream(more)).toList();
  }

  /** Where it was otherwise. */
  List<Difference> differencesTo(Observation seen) {
    List<Difference> differences = new ArrayList<>(wire.differencesTo(seen.wire()));
    if (!replies.isEmpty() && replies.size() != seen.replies().size()) {
      differences.add(Difference.of(replies, seen.replies()));
    }
    for (int i = 0; i < Math.min(replies.size(), seen.replies().size()); i++) {
      differences.addAll(replies.get(i).differencesTo(seen.replies().get(i)));
    }
    for (String counter : counters) {
      String[] words = counter.split(" ");
      if (seen.count(words[0]) != Long.parseLong(words[1])) {
        differences.add(Difference.of(counter, seen.count(words[0])));
      }
    }
    for (String part : logged) {
      if (seen.log().isEmpty() || !seen.log().stream().allMatch(line -> line.contains(part))) {
        differences.add(Difference.of("to be logged '" + part + "'", seen.log()));
      }
    }
    return differences;
  }
}
