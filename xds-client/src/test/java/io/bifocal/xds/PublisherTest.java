package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Flow;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of reactive streams, and that the newest wins. */
class PublisherTest {
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final ConflatingPublisher<String> publisher =
      new ConflatingPublisher<>(tasks::add, "first");

  private void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Notes its signals, and fails when one comes while another is being heard. */
  private static final class Ear<T> implements Flow.Subscriber<T> {
    final List<String> heard = new ArrayList<>();
    @Nullable Subscription subscription;
    Consumer<Subscription> onSubscribe = s -> {};
    Consumer<Subscription> onNext = s -> {};
    private boolean hearing;

    private void hear(String signal, Consumer<Subscription> then) {
      assertThat(hearing).as("signals are serial").isFalse();
      hearing = true;
      heard.add(signal);
      if (subscription != null) {
        then.accept(subscription);
      }
      hearing = false;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      this.subscription = subscription;
      hear("subscribed", onSubscribe);
    }

    @Override
    public void onNext(T item) {
      hear(item.toString(), onNext);
    }

    @Override
    public void onError(Throwable failure) {
      hear(failure.getClass().getSimpleName(), s -> {});
    }

    @Override
    public void onComplete() {
      hear("complete", s -> {});
    }

    Subscription subscription() {
      return Objects.requireNonNull(subscription);
    }
  }

  private final Ear<String> ear = new Ear<>();

  @Test
  void nothingBeforeItIsAskedForAndThenTheNewestAlone() {
    publisher.subscribe(ear);
    run();
    assertThat(ear.heard).containsExactly("subscribed");
    publisher.publish("a");
    publisher.publish("b");
    run();
    assertThat(ear.heard).containsExactly("subscribed");
    ear.subscription().request(1);
    run();
    assertThat(ear.heard).containsExactly("subscribed", "b");
    publisher.publish("c");
    publisher.publish("d");
    run();
    ear.subscription().request(5);
    run();
    publisher.publish("e");
    run();
    assertThat(ear.heard).containsExactly("subscribed", "b", "d", "e");
  }

  @Test
  void whoComesLateBeginsWithWhatThereIs() {
    publisher.publish("a");
    ear.onSubscribe = s -> s.request(Long.MAX_VALUE);
    publisher.subscribe(ear);
    run();
    assertThat(ear.heard).containsExactly("subscribed", "a");
  }

  @Test
  void demandAddsUpWithoutOverflow() {
    ear.onSubscribe =
        s -> {
          s.request(Long.MAX_VALUE);
          s.request(Long.MAX_VALUE);
        };
    publisher.subscribe(ear);
    run();
    publisher.publish("a");
    run();
    assertThat(ear.heard).containsExactly("subscribed", "first", "a");
  }

  @Test
  void askingForNothingIsAnError() {
    publisher.subscribe(ear);
    run();
    ear.subscription().request(0);
    run();
    ear.subscription().request(1);
    publisher.publish("a");
    run();
    assertThat(ear.heard).containsExactly("subscribed", "IllegalArgumentException");
  }

  @Test
  void afterCancelNothingComesNotEvenTheEnd() {
    publisher.subscribe(ear);
    run();
    ear.subscription().request(10);
    ear.subscription().cancel();
    ear.subscription().cancel();
    publisher.publish("a");
    publisher.complete();
    run();
    assertThat(ear.heard).containsExactly("subscribed");
  }

  @Test
  void asManyAsAreAskedForInsideACall() {
    ear.onSubscribe = s -> s.request(1);
    ear.onNext = s -> s.request(1);
    publisher.subscribe(ear);
    run();
    publisher.publish("a");
    run();
    publisher.publish("b");
    run();
    assertThat(ear.heard).containsExactly("subscribed", "first", "a", "b");
  }

  @Test
  void itCompletesOnceForEverySubscriberAndForLateOnes() {
    publisher.subscribe(ear);
    publisher.complete();
    publisher.complete();
    run();
    Ear<String> late = new Ear<>();
    publisher.subscribe(late);
    run();
    assertThat(ear.heard).containsExactly("subscribed", "complete");
    assertThat(late.heard).containsExactly("subscribed", "complete");
  }

  @Test
  void aSubscriberThatThrowsHearsNothingMoreAndHarmsNobody() {
    Ear<String> other = new Ear<>();
    other.onSubscribe = s -> s.request(9);
    ear.onSubscribe = s -> s.request(9);
    ear.onNext =
        s -> {
          throw new IllegalStateException("my fault");
        };
    publisher.subscribe(ear);
    publisher.subscribe(other);
    run();
    publisher.publish("a");
    run();
    assertThat(ear.heard).containsExactly("subscribed", "first");
    assertThat(other.heard).containsExactly("subscribed", "first", "a");
  }

  @Test
  void noSubscriberIsNoSubscriber() {
    assertThatThrownBy(() -> publisher.subscribe(nothing()))
        .isInstanceOf(NullPointerException.class);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }

  @Test
  void anExecutorThatTakesNothingIsAnError() {
    ConflatingPublisher<String> dead =
        new ConflatingPublisher<>(
            task -> {
              throw new RejectedExecutionException("closed");
            },
            "first");
    dead.subscribe(ear);
    assertThat(ear.heard).containsExactly("subscribed", "RejectedExecutionException");
  }

  @Test
  void aWatchPublishesValuesAndErrorsAndItsEnd() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", WatchListener.accepting());
    List<String> states = new ArrayList<>();
    watch
        .publisher()
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
              }

              @Override
              public void onNext(WatchState<Resource<Cluster>> state) {
                states.add(
                    state.value().map(Resource::version).orElse("none")
                        + state.error().map(e -> " " + e.kind()).orElse(""));
              }

              @Override
              public void onError(Throwable failure) {
                states.add("error");
              }

              @Override
              public void onComplete() {
                states.add("complete");
              }
            });
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.server.hangUp("gone");
    talk.time.run();
    watch.close();
    talk.time.run();
    assertThat(states).containsExactly("none", "1", "1 TRANSPORT", "complete");
  }
}
