package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.time.Loop;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fake of {@link Transport}: a test plays the server. What the client sends is kept until it is
 * taken; what the test says arrives when the loop runs.
 */
public final class ScriptedTransport implements Transport {
  private final Loop loop;
  private final List<Message> sent = new ArrayList<>();
  private final List<String> methods = new ArrayList<>();
  private @Nullable ScriptedCall current;
  private boolean reachable = true;
  private boolean writable = true;

  public ScriptedTransport(Loop loop) {
    this.loop = loop;
  }

  @Override
  public <Q extends Message, R extends Message> Call<Q> open(
      MethodDescriptor<Q, R> method, Events<R> events) {
    @SuppressWarnings("unchecked") // the test sends what the method returns
    Events<Message> heard = (Events<Message>) events;
    ScriptedCall call = new ScriptedCall(heard);
    current = call;
    methods.add(method.getFullMethodName());
    boolean up = reachable;
    loop.execute(
        () -> {
          if (current == call) {
            if (up) {
              events.onWritable();
            } else {
              hangUp("UNAVAILABLE: scripted");
            }
          }
        });
    @SuppressWarnings("unchecked") // it takes any message
    Call<Q> opened = (Call<Q>) call;
    return opened;
  }

  private final class ScriptedCall implements Call<Message> {
    private final Events<Message> events;
    private int requested = 1;

    ScriptedCall(Events<Message> events) {
      this.events = events;
    }

    @Override
    public boolean writable() {
      return writable && reachable;
    }

    @Override
    public void send(Message request) {
      sent.add(request);
    }

    @Override
    public void request() {
      requested++;
    }

    @Override
    public void cancel() {
      current = null;
    }
  }

  /** What was sent since the last time this was asked. */
  public List<Message> takeSent() {
    List<Message> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  /** The full names of the methods opened so far. */
  public List<String> opened() {
    return List.copyOf(methods);
  }

  /** Whether a call is open. */
  public boolean isOpen() {
    return current != null;
  }

  /** How many more responses the client lets come. */
  public int requested() {
    return current == null ? 0 : current.requested;
  }

  /** The server says something; fails when the client lets nothing more come. */
  public void respond(Message response) {
    ScriptedCall call = current;
    if (call == null || call.requested == 0) {
      throw new IllegalStateException(call == null ? "no call is open" : "nothing more is let in");
    }
    call.requested--;
    loop.execute(
        () -> {
          if (current == call) {
            call.events.onResponse(response);
          }
        });
  }

  /** The server ends the call. */
  public void hangUp(String why) {
    ScriptedCall call = current;
    if (call != null) {
      loop.execute(
          () -> {
            if (current == call) {
              current = null;
              call.events.onClosed(why);
            }
          });
    }
  }

  /** Whether calls opened from now on find a server. */
  public void reachable(boolean reachable) {
    this.reachable = reachable;
  }

  /** Opens or shuts the flow of requests. */
  public void writable(boolean writable) {
    this.writable = writable;
    ScriptedCall call = current;
    if (writable && call != null) {
      loop.execute(call.events::onWritable);
    }
  }
}
