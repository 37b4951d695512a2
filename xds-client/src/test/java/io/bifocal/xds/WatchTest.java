package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** The embedder's door. */
class WatchTest {
  private final Conversation talk = Conversation.stateOfTheWorld().start();

  private static final class Ear implements WatchListener<Resource<Cluster>> {
    final List<String> heard = new ArrayList<>();

    @Override
    public Verdict onUpdate(Resource<Cluster> resource) {
      heard.add(resource.name() + "@" + resource.version());
      return resource.name().startsWith("bad") ? Verdict.reject("no bad") : Verdict.accept();
    }

    @Override
    public void onError(WatchError error) {
      heard.add(error.kind() + " " + error.resource());
    }

    @Override
    public void onAmbientError(WatchError error) {
      heard.add("ambient " + error.kind() + " " + error.resource());
    }

    List<String> take() {
      List<String> taken = List.copyOf(heard);
      heard.clear();
      return taken;
    }
  }

  private final Ear ear = new Ear();

  @Test
  void aResourceItsVersionItsChangesAndItsRemoval() {
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", ear);
    assertThat(watch.value()).isEmpty();
    talk.respond(CLUSTER, "1", "n1", cluster("a"), cluster("b"));
    assertThat(watch.value()).map(Resource::version).contains("1");
    assertThat(watch.ready().join().name()).isEqualTo("a");
    talk.respond(CLUSTER, "2", "n2", cluster("a"));
    assertThat(ear.take()).as("the same value is told once").containsExactly("a@1");
    assertThat(watch.value()).as("its version moves").map(Resource::version).contains("2");
    talk.respond(CLUSTER, "3", "n3", cluster("a").toBuilder().setAltStatName("x").build());
    talk.respond(CLUSTER, "4", "n4", cluster("b"));
    assertThat(ear.take()).containsExactly("a@3", "DOES_NOT_EXIST a");
    assertThat(watch.value()).isEmpty();
    assertThat(talk.heard()).endsWith("CDS [a] v4 n4");
  }

  @Test
  void allOfATypeAndWhatIsGone() {
    Watch<Map<String, Resource<Cluster>>> watch = talk.client.watchAll(CLUSTER, ear);
    talk.respond(CLUSTER, "1", "n1", cluster("a"), cluster("b"));
    talk.respond(CLUSTER, "2", "n2", cluster("b"), cluster("c"));
    assertThat(watch.value().orElseThrow()).containsOnlyKeys("b", "c");
    assertThat(ear.take()).containsExactly("a@1", "b@1", "c@2", "DOES_NOT_EXIST a");
  }

  @Test
  void aRejectionTellsTheServerAndKeepsWhatWasThere() {
    Watch<Map<String, Resource<Cluster>>> watch = talk.client.watchAll(CLUSTER, ear);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.heard();
    talk.respond(CLUSTER, "2", "n2", cluster("a"), cluster("bad"), cluster("c"));
    assertThat(talk.heard()).containsExactly("CDS [] v1 n2 error: no bad");
    assertThat(watch.value().orElseThrow()).containsOnlyKeys("a", "c");
    assertThat(watch.error()).contains(WatchError.rejected(CLUSTER, "bad", "no bad"));
    Ear late = new Ear();
    talk.client.watchAll(CLUSTER, late);
    assertThat(late.take())
        .as("what was good is replayed")
        .containsExactly("a@2", "c@2", "ambient REJECTED ");
    talk.respond(CLUSTER, "3", "n3", cluster("a"));
    assertThat(watch.error()).isEmpty();
  }

  @Test
  void aSecondWatchHearsAtOnceWhatIsKnownWithoutANewRequest() {
    talk.client.watch(CLUSTER, "a", r -> Verdict.accept());
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.heard();
    talk.client.watch(CLUSTER, "a", ear);
    assertThat(ear.take()).containsExactly("a@1");
    assertThat(talk.heard()).isEmpty();
  }

  @Test
  void oneOfTwoWatchesMayRejectForItselfAlone() {
    Watch<Resource<Cluster>> content = talk.client.watch(CLUSTER, "a", r -> Verdict.accept());
    Watch<Resource<Cluster>> picky =
        talk.client.watch(CLUSTER, "a", r -> Verdict.reject("not for me"));
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [a] n1 error: not for me");
    assertThat(content.value()).isPresent();
    assertThat(picky.value()).isEmpty();
    assertThat(picky.error()).isPresent();
  }

  @Test
  void errorsAreToldAndRememberedAndValuesStay() {
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", ear);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.server.hangUp("gone");
    talk.time.run();
    assertThat(ear.take()).containsExactly("a@1", "ambient TRANSPORT a");
    assertThat(watch.value()).isPresent();
    assertThat(watch.error().orElseThrow().message()).contains("gone");
    Watch<Resource<Cluster>> silent = talk.client.watch(CLUSTER, "b", ear);
    talk.time.advance(Duration.ofSeconds(15));
    assertThat(silent.error().orElseThrow().kind()).isEqualTo(WatchError.Kind.TIMEOUT);
    assertThat(ear.take()).containsExactly("TIMEOUT b");
    assertThat(silent.error().orElseThrow().message()).contains("CDS b");
  }

  @Test
  void theLastOneToCloseEndsTheSubscription() {
    Watch<Resource<Cluster>> one = talk.client.watch(CLUSTER, "a", ear);
    Watch<Resource<Cluster>> two = talk.client.watch(CLUSTER, "a", ear);
    talk.heard();
    one.close();
    assertThat(talk.heard()).isEmpty();
    two.close();
    two.close();
    assertThat(talk.heard()).containsExactly("CDS []");
    assertThat(two.ready()).isCompletedExceptionally();
  }

  @Test
  void theAckWaitsForAListenerOnItsOwnExecutor() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", ear, tasks::add);
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).isEmpty();
    assertThat(watch.value()).isEmpty();
    tasks.remove().run();
    assertThat(talk.heard()).containsExactly("CDS [a] v1 n1");
    assertThat(watch.value()).isPresent();
  }

  @Test
  void aPendingVerdictPutsTheResourceInForceWhenItIsSettled() {
    Verdict.Pending pending = Verdict.pending();
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", r -> pending);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(watch.value()).isEmpty();
    pending.settle(Verdict.accept());
    assertThat(watch.value()).isPresent();
    assertThat(talk.heard()).endsWith("CDS [a] v1 n1");
  }

  @Test
  void closingTheClientClosesItsWatches() {
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", ear);
    talk.client.close();
    assertThat(watch.ready()).isCompletedExceptionally();
    assertThat(talk.client.watch(CLUSTER, "a", ear).ready()).isCompletedExceptionally();
    talk.time.run();
    assertThat(talk.time.pendingTimers()).isZero();
  }

  @Test
  void aWatchOfOneNeedsAName() {
    assertThatThrownBy(() -> talk.client.watch(CLUSTER, "", ear))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aServerWhoseResponsesNobodyJudgesIsNotReadWithoutEnd() {
    talk.client.watchAll(CLUSTER, r -> Verdict.pending());
    for (int i = 0; i < 64; i++) {
      assertThat(talk.server.requested()).isEqualTo(1);
      talk.respond(CLUSTER, "" + i, "n" + i, cluster("c" + i));
    }
    assertThat(talk.server.requested()).isZero();
  }

  @Test
  void aServerThatDoesNotReadItsAnswersIsNotReadEither() {
    talk.client.watchAll(CLUSTER, ear);
    talk.heard();
    talk.server.writable(false);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.server.requested()).isZero();
    talk.server.writable(true);
    assertThat(talk.heard()).containsExactly("CDS [] v1 n1");
    assertThat(talk.server.requested()).isEqualTo(1);
  }
}
