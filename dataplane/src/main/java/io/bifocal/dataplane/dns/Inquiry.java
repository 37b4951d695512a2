package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.dns.Exchanges.Carrier;
import io.bifocal.dataplane.dns.Exchanges.Exchange;
import io.bifocal.dataplane.dns.Exchanges.Reply;
import io.bifocal.dataplane.host.Address;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One question, put to one server after the other until one knows the answer or all have had their
 * turns. What a server cannot know (SERVFAIL, REFUSED, NOTIMP), does not answer in time, or cannot
 * be asked for because it is not there, the next one is asked at once. A truncated answer is asked
 * for again over TCP. Each round of all servers waits twice as long as the one before.
 *
 * <p>Source: c-ares' {@code ares_process}, measured through Envoy 1.40.
 */
final class Inquiry {
  private final Question question;
  private final Plan plan;
  private final Servers servers;
  private final Exchanges exchanges;
  private final Loop loop;
  private final ResolverStats stats;
  private final Consumer<Answer> listener;
  private int turn = -1;
  private long begun;
  private long askedAt;
  private @Nullable Exchange exchange;
  private Loop.@Nullable Timer timer;
  private boolean hurried;
  private boolean over;

  /**
   * Whom to ask, and how.
   *
   * @param servers in the order in which they are asked; at least one
   * @param tries how many turns each of them has
   * @param timeout of a turn of the first round, at most: {@link Servers#patience}
   * @param carrier of the first try of a turn
   */
  record Plan(List<Address.Ip> servers, int tries, Duration timeout, Carrier carrier) {
    private static final Duration LONGEST = Duration.ofMinutes(1);

    boolean hasTurn(int turn) {
      return turn < (long) servers.size() * tries;
    }

    Address.Ip server(int turn) {
      return servers.get(turn % servers.size());
    }

    /** How long a turn lasts, if the first one of that server lasts so long. */
    Duration longer(Duration first, int turn) {
      int round = Math.min(turn / servers.size(), 16);
      Duration doubled = first.multipliedBy(1L << round);
      Duration longest = timeout.compareTo(LONGEST) > 0 ? timeout : LONGEST;
      return doubled.compareTo(longest) < 0 ? doubled : longest;
    }
  }

  Inquiry(
      Question question,
      Plan plan,
      Servers servers,
      Exchanges exchanges,
      Loop loop,
      ResolverStats stats,
      Consumer<Answer> listener) {
    this.question = question;
    this.plan = plan;
    this.servers = servers;
    this.exchanges = exchanges;
    this.loop = loop;
    this.stats = stats;
    this.listener = listener;
  }

  /** Asks the first server. To be called once; the answer comes later. */
  void begin() {
    turn = 0;
    begun = loop.nanoTime();
    ask(plan.carrier());
  }

  private void ask(Carrier carrier) {
    exchange = exchanges.ask(server(), question, carrier, reply -> onReply(carrier, reply));
    askedAt = loop.nanoTime();
    Duration patience = plan.longer(servers.patience(server(), plan.timeout()), turn);
    timer = loop.schedule(patience, this::onTimeout);
  }

  private Address.Ip server() {
    return plan.server(turn);
  }

  private void onTimeout() {
    stats.timedOut();
    Answer.Failed failure = new Answer.Failed(Answer.Cause.TIMEOUT, server() + " does not answer");
    if (hurried && since(begun).compareTo(plan.timeout()) >= 0) {
      servers.failed(server());
      end(failure);
    } else {
      fail(failure);
    }
  }

  private void onReply(Carrier carrier, Reply reply) {
    if (over) {
      return;
    }
    if (reply instanceof Reply.Response response) {
      onMessage(carrier, response.message());
    } else {
      String reason = ((Reply.Unreachable) reply).reason();
      fail(new Answer.Failed(Answer.Cause.SERVER, server() + " cannot be asked: " + reason));
    }
  }

  private void onMessage(Carrier carrier, Message message) {
    if (message.truncated() && carrier != Carrier.STREAM) {
      again(Carrier.STREAM);
    } else if (message.code() == Message.FORMAT_ERROR && carrier == Carrier.DATAGRAM) {
      again(Carrier.PLAIN_DATAGRAM);
    } else if (message.anotherMayKnow()) {
      fail(new Answer.Failed(Answer.Cause.SERVER, server() + ": " + message.reason()));
    } else {
      servers.answered(server(), since(askedAt));
      end(message.answerTo(question));
    }
  }

  private Duration since(long then) {
    return Duration.ofNanos(loop.nanoTime() - then);
  }

  private void again(Carrier carrier) {
    stop();
    ask(carrier);
  }

  private void fail(Answer.Failed failure) {
    stop();
    servers.failed(server());
    if (plan.hasTurn(turn + 1)) {
      turn++;
      ask(plan.carrier());
    } else {
      end(failure);
    }
  }

  private void end(Answer answer) {
    cancel();
    listener.accept(answer);
  }

  /** There is something to go on with: after one timeout in all, nobody is waited for any more. */
  void hurry() {
    hurried = true;
  }

  /** Forgets the question; harmless afterwards. */
  void cancel() {
    over = true;
    stop();
  }

  private void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (exchange != null) {
      exchange.cancel();
      exchange = null;
    }
  }
}
