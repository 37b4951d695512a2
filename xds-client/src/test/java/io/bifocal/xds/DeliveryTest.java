package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Where and how listeners are called. */
class DeliveryTest {

  @Test
  void oneCallAtATimeAndInOrderOnAnExecutorOfManyThreads() {
    ExecutorService many = Executors.newFixedThreadPool(8);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger worst = new AtomicInteger();
    List<Integer> order = new ArrayList<>(); // guarded by being serial
    AtomicInteger settled = new AtomicInteger();
    try (ThreadLoop loop = ThreadLoop.start("test-loop")) {
      Delivery delivery = new Delivery(loop, many);
      for (int i = 0; i < 500; i++) {
        int mark = i;
        loop.execute(
            () -> {
              Verdict verdict =
                  delivery.ask(
                      () -> {
                        worst.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        order.add(mark);
                        inside.decrementAndGet();
                        return Verdict.accept();
                      });
              ((Verdict.Pending) verdict).whenSettled(v -> settled.incrementAndGet());
            });
      }
      await().until(() -> settled.get() == 500);
      assertThat(worst).hasValue(1);
      assertThat(order).isSorted().hasSize(500);
    } finally {
      many.shutdownNow();
    }
  }

  @Test
  void aVerdictMayBeSettledOnAnyThreadAndComesBackToTheLoop() {
    ExecutorService own = Executors.newSingleThreadExecutor();
    Verdict.Pending later = Verdict.pending();
    AtomicReference<String> where = new AtomicReference<>();
    try (ThreadLoop loop = ThreadLoop.start("test-loop")) {
      Delivery delivery = new Delivery(loop, own);
      loop.execute(
          () ->
              ((Verdict.Pending) delivery.ask(() -> later))
                  .whenSettled(v -> where.set(Thread.currentThread().getName() + " " + v)));
      CompletableFuture.runAsync(() -> later.settle(Verdict.reject("no"))).join();
      await().until(() -> where.get() != null);
      assertThat(where.get()).isEqualTo("test-loop Rejected[message=no, reasons={}]");
    } finally {
      own.shutdownNow();
    }
  }

  @Test
  void rejectingOnAnExecutorOfManyThreadsIsANack() throws Exception {
    ExecutorService many = Executors.newFixedThreadPool(4);
    try (InProcessControlPlane server = new InProcessControlPlane();
        XdsClient client = XdsClient.builder().channel(server.channel()).build();
        Watch<Resource<Cluster>> watch =
            client.watch(CLUSTER, "a", r -> Verdict.reject("not here"), many)) {
      server.setClusters("1", cluster("a"));
      client.start();
      server.take();
      assertThat(server.take().getErrorDetail().getMessage()).isEqualTo("not here");
      assertThat(watch.value()).isEmpty();
    } finally {
      many.shutdownNow();
    }
  }

  @Test
  void anExecutorThatIsShutDownKeepsNoAnswerBack() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    talk.client.watch(
        CLUSTER,
        "a",
        WatchListener.accepting(),
        task -> {
          throw new RejectedExecutionException("closed");
        });
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [a] v1 n1");
  }

  @Test
  void aListenerThatThrowsHasRejected() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    talk.client.watch(
        CLUSTER,
        "a",
        r -> {
          throw new IllegalStateException("my fault");
        });
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [a] n1 error: my fault");
  }

  @Test
  void aWatchThatIsClosedWhileItsVerdictIsPendingAnswers() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<Resource<Cluster>> slow = talk.client.watch(CLUSTER, "a", r -> Verdict.pending());
    talk.client.watch(CLUSTER, "a", WatchListener.accepting());
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).isEmpty();
    slow.close();
    assertThat(talk.heard()).containsExactly("CDS [a] v1 n1");
  }
}
