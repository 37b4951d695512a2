package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a name's addresses so far.
 *
 * @param answers by family; a family that was not asked, or has not answered yet, is absent
 * @param complete whether no further answer is to come
 */
public record Resolution(Map<Family, Answer> answers, boolean complete) {
  public Resolution {
    Map<Family, Answer> copy = new EnumMap<>(Family.class);
    copy.putAll(answers);
    answers = Collections.unmodifiableMap(copy);
  }

  /** All addresses found: IPv6 before IPv4, and within a family as the server answered. */
  public List<AddressRecord> records() {
    List<AddressRecord> all = new ArrayList<>(of(Family.V6));
    all.addAll(of(Family.V4));
    return all;
  }

  private List<AddressRecord> of(Family family) {
    Answer answer = answers.get(family);
    return answer == null ? List.of() : answer.addresses();
  }

  /**
   * Why nothing is known: no address was found, and at least one family has failed. That a name has
   * no address is no failure (Envoy 1.40).
   */
  public Optional<Answer.Failed> failure() {
    return records().isEmpty()
        ? answers.values().stream()
            .filter(Answer.Failed.class::isInstance)
            .map(Answer.Failed.class::cast)
            .findFirst()
        : Optional.empty();
  }
}
