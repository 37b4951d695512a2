package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client says that it holds. */
class DumpTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final Conversation talk = Conversation.stateOfTheWorld().start();

  private List<String> dump() {
    return talk.client.dump().join().stream()
        .map(s -> s.type() + " " + s.name() + " " + s.status() + " v" + s.version())
        .sorted()
        .toList();
  }

  private ResourceStatus only() {
    List<ResourceStatus> dump = talk.client.dump().join();
    assertThat(dump).hasSize(1);
    return dump.get(0);
  }

  @Test
  void theLifeOfOneResource() {
    talk.client.watch(
        CLUSTER,
        "a",
        r -> r.value().getAltStatName().isEmpty() ? Verdict.accept() : Verdict.reject("not that"));
    assertThat(dump()).containsExactly("CDS a REQUESTED v");
    talk.time.advance(Duration.ofSeconds(15));
    assertThat(dump()).containsExactly("CDS a TIMEOUT v");
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.time.run();
    assertThat(dump()).containsExactly("CDS a ACKED v1");
    assertThat(only().value()).contains(cluster("a"));
    assertThat(only().lastUpdated()).contains(START.plusSeconds(15));
    assertThat(only().failure()).isEmpty();
    talk.time.advance(Duration.ofSeconds(5));
    talk.respond(CLUSTER, "2", "n2", cluster("a").toBuilder().setAltStatName("x").build());
    talk.time.run();
    assertThat(dump()).as("the value before stays").containsExactly("CDS a NACKED v1");
    assertThat(only().failure().orElseThrow().error().message()).isEqualTo("not that");
    assertThat(only().lastUpdated()).contains(START.plusSeconds(15));
    assertThat(only().failure().map(ResourceStatus.Failure::at)).contains(START.plusSeconds(20));
    talk.respond(CLUSTER, "3", "n3");
    talk.time.run();
    assertThat(dump()).containsExactly("CDS a DOES_NOT_EXIST v");
  }

  @Test
  void aServerThatCannotBeReachedIsAnErrorUntilThereIsAValue() {
    talk.client.watch(CLUSTER, "a", WatchListener.accepting());
    talk.server.hangUp("gone");
    talk.time.run();
    assertThat(dump()).containsExactly("CDS a RECEIVED_ERROR v");
    talk.time.advance(Duration.ofSeconds(1));
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.server.hangUp("gone again");
    talk.time.run();
    assertThat(dump()).containsExactly("CDS a ACKED v1");
  }

  @Test
  void allOfATypeAndWhatIsWrongWithIt() {
    talk.client.watchAll(
        CLUSTER, r -> r.name().equals("bad") ? Verdict.reject("bad") : Verdict.accept());
    talk.respond(CLUSTER, "1", "n1", cluster("a"), cluster("b"));
    talk.time.run();
    assertThat(dump()).containsExactly("CDS a ACKED v1", "CDS b ACKED v1");
    talk.respond(CLUSTER, "2", "n2", cluster("a"), cluster("bad"));
    talk.time.run();
    assertThat(dump()).containsExactly("CDS a ACKED v2", "CDS bad NACKED v");
  }
}
