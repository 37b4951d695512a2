package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Family;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LookupTest {
  private final Map<String, Answer> zone = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final List<Resolution> heard = new ArrayList<>();
  private final List<Resolution> steps = new ArrayList<>();
  private final Map<String, Runnable> open = new HashMap<>();
  private Map<Family, Answer> local = Map.of();

  // What Envoy 1.40 makes of the two answers: measured with a scripted server.
  @ParameterizedTest
  @CsvSource({
    "ALL,          6,     4,     V6 V4, 6 4",
    "ALL,          6,     empty, V6 V4, 6",
    "ALL,          empty, 4,     V6 V4, 4",
    "ALL,          fails, 4,     V6 V4, 4",
    "ALL,          6,     fails, V6 V4, 6",
    "ALL,          empty, empty, V6 V4, empty",
    "ALL,          empty, fails, V6 V4, fails",
    "ALL,          fails, empty, V6 V4, fails",
    "AUTO,         6,     4,     V6,    6",
    "AUTO,         empty, 4,     V6 V4, 4",
    "AUTO,         fails, 4,     V6 V4, 4",
    "AUTO,         empty, fails, V6 V4, fails",
    "AUTO,         fails, empty, V6 V4, fails",
    "AUTO,         fails, fails, V6 V4, fails",
    "AUTO,         empty, empty, V6 V4, empty",
    "V4_PREFERRED, 6,     4,     V4,    4",
    "V4_PREFERRED, 6,     empty, V4 V6, 6",
    "V4_PREFERRED, 6,     fails, V4 V6, 6",
    "V4_PREFERRED, fails, empty, V4 V6, fails",
    "V4_ONLY,      6,     4,     V4,    4",
    "V4_ONLY,      6,     empty, V4,    empty",
    "V4_ONLY,      6,     fails, V4,    fails",
    "V6_ONLY,      6,     4,     V6,    6",
    "V6_ONLY,      empty, 4,     V6,    empty",
  })
  void theFamilyDecidesWhatIsAskedAndWhatItMeans(
      LookupFamily family, String v6, String v4, String questions, String result) {
    script("svc", Family.V6, v6);
    script("svc", Family.V4, v4);
    run(family, "svc");
    assertThat(asked)
        .containsExactly(
            Stream.of(questions.split(" ")).map("svc "::concat).toArray(String[]::new));
    Resolution last = heard.get(heard.size() - 1);
    assertThat(last.complete()).isTrue();
    assertThat(result(last)).isEqualTo(result);
  }

  @Test
  void bothFamiliesAreAskedAtOnceAndTheFirstAddressesAreToldAtOnce() {
    script("svc", Family.V6, "6");
    script("svc", Family.V4, "4");
    begin(LookupFamily.ALL, "svc");
    assertThat(open).hasSize(2);
    answer("svc V4");
    assertThat(heard).hasSize(1);
    assertThat(heard.get(0).complete()).isFalse();
    assertThat(heard.get(0).answers()).containsOnlyKeys(Family.V4);
    answer("svc V6");
    assertThat(result(heard.get(1))).isEqualTo("6 4");
  }

  @Test
  void aFamilyWithoutAddressesIsNothingToTellOf() {
    script("svc", Family.V6, "fails");
    script("svc", Family.V4, "4");
    begin(LookupFamily.ALL, "svc");
    answer("svc V6");
    assertThat(heard).isEmpty();
    answer("svc V4");
    assertThat(heard).hasSize(1);
  }

  @Test
  void theSearchGoesOnWhileNothingIsFound() {
    script("svc.a", Family.V6, "empty");
    script("svc.a", Family.V4, "empty");
    script("svc.b", Family.V6, "empty");
    script("svc.b", Family.V4, "4");
    run(LookupFamily.ALL, "svc.a", "svc.b", "svc");
    assertThat(asked).containsExactly("svc.a V6", "svc.a V4", "svc.b V6", "svc.b V4");
    assertThat(result(heard.get(0))).isEqualTo("4");
    assertThat(steps).hasSize(1);
  }

  @Test
  void oneFamilyWithAddressesSettlesTheNameForBoth() {
    script("svc.a", Family.V6, "6");
    script("svc.a", Family.V4, "empty");
    script("svc.b", Family.V4, "4");
    run(LookupFamily.ALL, "svc.a", "svc.b");
    assertThat(asked).containsExactly("svc.a V6", "svc.a V4");
    assertThat(result(heard.get(heard.size() - 1))).isEqualTo("6");
  }

  @Test
  void aFailureEndsTheSearchForALaterNameMightBeAnothers() {
    script("svc.a", Family.V4, "fails");
    script("svc.b", Family.V4, "4");
    run(LookupFamily.V4_ONLY, "svc.a", "svc.b");
    assertThat(asked).containsExactly("svc.a V4");
    assertThat(result(heard.get(0))).isEqualTo("fails");
  }

  @Test
  void eachStepSearchesAnew() {
    script("svc.a", Family.V6, "empty");
    script("svc.a", Family.V4, "4");
    script("svc.b", Family.V6, "6");
    run(LookupFamily.AUTO, "svc.a", "svc.b");
    assertThat(asked).containsExactly("svc.a V6", "svc.b V6");
    assertThat(result(heard.get(0))).isEqualTo("6");
  }

  @Test
  void whatTheMachineKnowsNobodyIsAsked() {
    local = Map.of(Family.V4, found("10.0.0.1"));
    run(LookupFamily.ALL, "svc");
    assertThat(asked).isEmpty();
    assertThat(result(heard.get(0))).isEqualTo("4");
    assertThat(steps).hasSize(1);
  }

  private void script(String name, Family family, String answer) {
    zone.put(
        name + " " + family,
        switch (answer) {
          case "6" -> found("2001:db8::1");
          case "4" -> found("10.0.0.1");
          case "empty" -> Answer.Found.NOTHING;
          default -> new Answer.Failed(Answer.Cause.SERVER, "SERVFAIL");
        });
  }

  private static Answer found(String ip) {
    return new Answer.Found(
        List.of(new AddressRecord(InetAddresses.forString(ip), Duration.ofSeconds(1))));
  }

  private static String result(Resolution resolution) {
    if (resolution.failure().isPresent()) {
      return "fails";
    }
    return resolution.records().isEmpty()
        ? "empty"
        : String.join(
            " ",
            resolution.records().stream()
                .map(r -> r.ip().getAddress().length == 4 ? "4" : "6")
                .toList());
  }

  private void run(LookupFamily family, String... candidates) {
    begin(family, candidates);
    while (!open.isEmpty()) {
      answer(asked.stream().filter(open::containsKey).findFirst().orElseThrow());
    }
  }

  private void answer(String question) {
    Runnable answered = open.remove(question);
    if (answered == null) {
      throw new AssertionError(question + " is not asked; open are " + open.keySet());
    }
    answered.run();
  }

  private void begin(LookupFamily family, String... candidates) {
    new Lookup(List.of(candidates), family.steps(), families -> local, new Recorder()).begin();
  }

  private final class Recorder implements Lookup.Commands {
    @Override
    public void ask(String candidate, Family family, Consumer<Answer> answered) {
      String question = candidate + " " + family;
      asked.add(question);
      Answer answer = zone.getOrDefault(question, Answer.Found.NOTHING);
      open.put(question, () -> answered.accept(answer));
    }

    @Override
    public void stepEnded(Resolution step) {
      steps.add(step);
    }

    @Override
    public void known(Resolution soFar) {
      heard.add(soFar);
    }
  }
}
