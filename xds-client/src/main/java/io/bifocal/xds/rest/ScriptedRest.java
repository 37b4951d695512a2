package io.bifocal.xds.rest;

import com.google.protobuf.ByteString;
import io.bifocal.xds.time.Loop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * The fake of {@link RestTransport}: a test plays the server. Requests wait until they are
 * answered, in order; an answer arrives when the loop runs.
 */
public final class ScriptedRest implements RestTransport {
  private record Waiting(Post post, Consumer<Answer> answer) {}

  private final Loop loop;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final List<Post> posts = new ArrayList<>();

  public ScriptedRest(Loop loop) {
    this.loop = loop;
  }

  @Override
  public Exchange post(Post post, Consumer<Answer> answer) {
    Waiting place = new Waiting(post, answer);
    waiting.add(place);
    posts.add(post);
    return () -> waiting.remove(place);
  }

  /** What was sent since the last time this was asked. */
  public List<Post> takePosts() {
    List<Post> taken = List.copyOf(posts);
    posts.clear();
    return taken;
  }

  /** How many wait for an answer. */
  public int open() {
    return waiting.size();
  }

  /** Answers the oldest. */
  public void answer(int status, String body) {
    say(new Answered(status, ByteString.copyFromUtf8(body)));
  }

  /** Fails the oldest. */
  public void fail(String why) {
    say(new Failed(why));
  }

  private void say(Answer answer) {
    Waiting oldest = waiting.peek();
    if (oldest == null) {
      throw new IllegalStateException("nothing was asked");
    }
    loop.execute(
        () -> {
          if (waiting.remove(oldest)) {
            oldest.answer().accept(answer);
          }
        });
  }
}
