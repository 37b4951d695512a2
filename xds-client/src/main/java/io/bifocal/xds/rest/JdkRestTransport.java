package io.bifocal.xds.rest;

import com.google.protobuf.ByteString;
import io.bifocal.xds.time.Loop;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Over {@link HttpClient}. */
final class JdkRestTransport implements RestTransport {
  private final StaticAddresses addresses;
  private final Loop loop;
  private final Executor executor;
  private @Nullable HttpClient client;
  private int next;

  JdkRestTransport(StaticAddresses addresses, Loop loop, Executor executor) {
    this.addresses = addresses;
    this.loop = loop;
    this.executor = executor;
  }

  // Made when it is first needed: it has a thread of its own.
  private HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(executor).build();
    }
    return client;
  }

  @Override
  public Exchange post(Post post, Consumer<Answer> answer) {
    loop.assertInLoop();
    Once once = new Once(answer);
    List<String> known = addresses.of(post.cluster());
    if (known.isEmpty()) {
      loop.execute(() -> once.tell(new Failed(addresses.whyNone(post.cluster()))));
      return once::cancel;
    }
    String authority = known.get(Math.floorMod(next++, known.size()));
    HttpRequest request;
    try {
      request = request(authority, post);
    } catch (IllegalArgumentException e) { // an address that no URI can have
      loop.execute(() -> once.tell(new Failed(authority + ": " + e.getMessage())));
      return once::cancel;
    }
    CompletableFuture<HttpResponse<ByteString>> sent =
        client().sendAsync(request, info -> new BoundedBody(post.maxBytes()));
    // The request's own time-out ends with the answer's head.
    Loop.Timer patience =
        loop.schedule(post.timeout(), () -> giveUp(once, sent, "no answer in time"));
    var unused =
        sent.whenComplete(
            (response, failure) ->
                loop.execute(
                    () -> {
                      patience.cancel();
                      once.tell(
                          failure == null
                              ? new Answered(response.statusCode(), response.body())
                              : new Failed(authority + ": " + text(failure)));
                    }));
    return () -> {
      patience.cancel();
      once.cancel();
      sent.cancel(true);
    };
  }

  private static HttpRequest request(String authority, Post post) {
    return HttpRequest.newBuilder(URI.create("http://" + authority + post.path()))
        .timeout(post.timeout())
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(post.json()))
        .build();
  }

  private static void giveUp(Once once, CompletableFuture<?> sent, String why) {
    sent.cancel(true);
    once.tell(new Failed(why));
  }

  private static String text(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String message = cause.getMessage();
    return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  /** One answer, whichever comes first. */
  private static final class Once {
    private @Nullable Consumer<Answer> waiting;

    Once(Consumer<Answer> waiting) {
      this.waiting = waiting;
    }

    void tell(Answer answer) {
      Consumer<Answer> listener = waiting;
      waiting = null;
      if (listener != null) {
        listener.accept(answer);
      }
    }

    void cancel() {
      waiting = null;
    }
  }
}
