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
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** The embedder's door. */
class WatchTest {
  private final Conversation talk = Conversation.stateOfTheWorld().start();

  private static final class Ear implements WatchListener<Cluster> {
    final List<String> heard = new ArrayList<>();

    @Override
    public Verdict onResource(Resource<Cluster> resource) {
      heard.add(resource.name() + "@" + resource.version());
      return resource.name().startsWith("bad") ? Verdict.reject("no bad") : Verdict.accept();
    }

    @Override
    public void onRemoved(String name) {
      heard.add("no " + name);
    }

    @Override
    public void onError(XdsError error) {
      heard.add(error.getClass().getSimpleName());
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
    Watch<Cluster> watch = talk.client.watch(CLUSTER, "a", ear);
    assertThat(watch.resource()).isEmpty();
    talk.respond(CLUSTER, "1", "n1", cluster("a"), cluster("b"));
    assertThat(watch.resource()).map(Resource::version).contains("1");
    assertThat(watch.first().join().name()).isEqualTo("a");
    talk.respond(CLUSTER, "2", "n2", cluster("a"));
    assertThat(ear.take()).as("the same value is told once").containsExactly("a@1");
    assertThat(watch.resource()).as("its version moves").map(Resource::version).contains("2");
    talk.respond(CLUSTER, "3", "n3", cluster("a").toBuilder().setAltStatName("x").build());
    talk.respond(CLUSTER, "4", "n4", cluster("b"));
    assertThat(ear.take()).containsExactly("a@3", "no a");
    assertThat(watch.resource()).isEmpty();
    assertThat(talk.heard()).endsWith("CDS [a] v4 n4");
  }

  @Test
  void allOfATypeAndWhatIsGone() {
    Watch<Cluster> watch = talk.client.watchAll(CLUSTER, ear);
    talk.respond(CLUSTER, "1", "n1", cluster("a"), cluster("b"));
    talk.respond(CLUSTER, "2", "n2", cluster("b"), cluster("c"));
    assertThat(watch.resources()).containsOnlyKeys("b", "c");
    assertThat(ear.take()).containsExactly("a@1", "b@1", "c@2", "no a");
  }

  @Test
  void aRejectionTellsTheServerAndKeepsWhatWasThere() {
    Watch<Cluster> watch = talk.client.watchAll(CLUSTER, ear);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.heard();
    talk.respond(CLUSTER, "2", "n2", cluster("a"), cluster("bad"), cluster("c"));
    assertThat(talk.heard()).containsExactly("CDS [] v1 n2 error: no bad");
    assertThat(watch.resources()).containsOnlyKeys("a", "c");
    assertThat(watch.lastError()).contains(new XdsError.Rejected("no bad"));
    Ear late = new Ear();
    talk.client.watchAll(CLUSTER, late);
    assertThat(late.take())
        .as("what was good is replayed")
        .containsExactly("a@2", "c@2", "Rejected");
    talk.respond(CLUSTER, "3", "n3", cluster("a"));
    assertThat(watch.lastError()).isEmpty();
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
    Watch<Cluster> content = talk.client.watch(CLUSTER, "a", r -> Verdict.accept());
    Watch<Cluster> picky = talk.client.watch(CLUSTER, "a", r -> Verdict.reject("not for me"));
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [a] n1 error: not for me");
    assertThat(content.resource()).isPresent();
    assertThat(picky.resource()).isEmpty();
    assertThat(picky.lastError()).isPresent();
  }

  @Test
  void errorsAreToldAndRememberedAndValuesStay() {
    Watch<Cluster> watch = talk.client.watch(CLUSTER, "a", ear);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.server.hangUp("gone");
    talk.time.run();
    assertThat(ear.take()).containsExactly("a@1", "Disconnected");
    assertThat(watch.resource()).isPresent();
    assertThat(watch.lastError().orElseThrow().message()).contains("gone");
    Watch<Cluster> silent = talk.client.watch(CLUSTER, "b", ear);
    talk.time.advance(Duration.ofSeconds(15));
    assertThat(silent.lastError().orElseThrow()).isInstanceOf(XdsError.FetchTimeout.class);
    assertThat(silent.lastError().orElseThrow().message()).contains("CDS b");
  }

  @Test
  void theLastOneToCloseEndsTheSubscription() {
    Watch<Cluster> one = talk.client.watch(CLUSTER, "a", ear);
    Watch<Cluster> two = talk.client.watch(CLUSTER, "a", ear);
    talk.heard();
    one.close();
    assertThat(talk.heard()).isEmpty();
    two.close();
    two.close();
    assertThat(talk.heard()).containsExactly("CDS []");
    assertThat(two.first()).isCompletedExceptionally();
  }

  @Test
  void theAckWaitsForAListenerOnItsOwnExecutor() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Watch<Cluster> watch = talk.client.watch(CLUSTER, "a", ear, tasks::add);
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).isEmpty();
    assertThat(watch.resource()).isEmpty();
    tasks.remove().run();
    assertThat(talk.heard()).containsExactly("CDS [a] v1 n1");
    assertThat(watch.resource()).isPresent();
  }

  @Test
  void aPendingVerdictPutsTheResourceInForceWhenItIsSettled() {
    Verdict.Pending pending = Verdict.pending();
    Watch<Cluster> watch = talk.client.watch(CLUSTER, "a", r -> pending);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(watch.resource()).isEmpty();
    pending.settle(Verdict.accept());
    assertThat(watch.resource()).isPresent();
    assertThat(talk.heard()).endsWith("CDS [a] v1 n1");
  }

  @Test
  void closingTheClientClosesItsWatches() {
    Watch<Cluster> watch = talk.client.watch(CLUSTER, "a", ear);
    talk.client.close();
    assertThat(watch.first()).isCompletedExceptionally();
    assertThat(talk.client.watch(CLUSTER, "a", ear).first()).isCompletedExceptionally();
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
