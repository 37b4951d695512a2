package io.bifocal.dataplane.cli.probe;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a probe found out about one target, as one line of JSON. Its names are an interface: see
 * {@code docs/probe.md}. Times are milliseconds.
 */
final class JsonReport implements Report {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
  private static final double MICROS_PER_MILLI = 1000;
  private static final long NANOS_PER_MICRO = 1000;

  private final PrintWriter out;
  private final boolean memory;

  /**
   * @param memory whether a run learns from those before
   */
  JsonReport(PrintWriter out, boolean memory) {
    this.out = out;
    this.memory = memory;
  }

  @Override
  public void begin(Target target) {}

  @Override
  public void onRun(Run run) {}

  @Override
  public void end(Target target, List<Run> runs) {
    JsonObject report = new JsonObject();
    report.addProperty("target", target.text());
    report.addProperty("host", target.host());
    report.addProperty("port", target.port());
    report.addProperty("tls", target.tls());
    report.addProperty("memory", memory);
    report.addProperty("connected", runs.stream().allMatch(Run::connected));
    report.add("runs", array(runs, JsonReport::run));
    report.add("summary", summary(Summary.of(runs)));
    boolean remembered = memory && runs.size() > 1;
    report.add(
        "summary_after_first",
        remembered ? summary(Summary.of(runs.subList(1, runs.size()))) : JsonNull.INSTANCE);
    out.println(GSON.toJson(report));
  }

  private static JsonObject run(Run run) {
    Attempt winner = run.winner();
    JsonObject json = new JsonObject();
    json.addProperty("connected", run.connected());
    json.add("winner", winner == null ? JsonNull.INSTANCE : address(winner.address()));
    json.add("winner_family", winner == null ? JsonNull.INSTANCE : family(winner.address()));
    json.add("winner_transport", winner == null ? JsonNull.INSTANCE : transport(winner));
    json.add("total_ms", millis(run.nanos()));
    json.add(
        "race_began_ms", run.attempts().isEmpty() ? JsonNull.INSTANCE : millis(run.raceBegan()));
    json.add("lost_ms", winner == null ? JsonNull.INSTANCE : millis(run.lostNanos()));
    json.add("lookups", array(run.lookups(), JsonReport::lookup));
    json.add("attempts", array(run.attempts(), JsonReport::attempt));
    json.add("tls_session", orNull(run.session(), JsonReport::session));
    json.add("failure", orNull(run.failure(), JsonReport::failure));
    return json;
  }

  private static JsonObject lookup(Lookup lookup) {
    JsonObject json = new JsonObject();
    json.addProperty("question", lookup.question());
    json.add("asked_ms", millis(lookup.askedNanos()));
    json.add("ended_ms", millis(lookup.endedNanos()));
    json.addProperty("answered", lookup.answered());
    json.add("addresses", array(lookup.addresses(), a -> new JsonPrimitive(a.getHostAddress())));
    json.add("failure", orNull(lookup.failure(), JsonReport::failure));
    return json;
  }

  private static JsonObject attempt(Attempt attempt) {
    JsonObject json = new JsonObject();
    json.add("address", address(attempt.address()));
    json.add("family", family(attempt.address()));
    json.add("transport", transport(attempt));
    json.addProperty("cause", lower(attempt.cause()));
    json.add("started_ms", millis(attempt.startedNanos()));
    json.add("connected_ms", orNull(attempt.connectedNanos(), JsonReport::millis));
    json.add("ended_ms", millis(attempt.endedNanos()));
    json.addProperty("end", lower(attempt.end()));
    json.add("failure", orNull(attempt.failure(), JsonReport::failure));
    return json;
  }

  private static JsonObject session(TlsSession session) {
    JsonObject json = new JsonObject();
    json.addProperty("protocol", session.protocol());
    json.addProperty("cipher", session.cipher());
    json.addProperty("alpn", session.alpn());
    json.add("certificate", orNull(session.certificate(), JsonReport::certificate));
    return json;
  }

  private static JsonObject certificate(TlsSession.PeerCertificate certificate) {
    JsonObject json = new JsonObject();
    json.addProperty("subject", certificate.subject());
    json.addProperty("issuer", certificate.issuer());
    json.addProperty("not_after", certificate.notAfter().toString());
    return json;
  }

  private static JsonObject failure(Failure failure) {
    JsonObject json = new JsonObject();
    json.addProperty("reason", failure.reason().key());
    json.addProperty("text", failure.advice());
    json.addProperty("detail", failure.detail());
    return json;
  }

  private static JsonObject summary(Summary summary) {
    JsonObject json = new JsonObject();
    json.addProperty("runs", summary.runs());
    json.addProperty("connected", summary.connected());
    Summary.Times times = summary.times();
    json.add("lookup_ms", orNull(times == null ? null : times.lookup(), JsonReport::quantiles));
    json.add("race_ms", orNull(times, t -> quantiles(t.race())));
    json.add("lost_ms", orNull(times, t -> quantiles(t.lost())));
    json.add("winners", counts(summary.winners()));
    json.addProperty("http3_winners", summary.http3());
    json.add("failures", counts(summary.failures()));
    return json;
  }

  private static JsonObject quantiles(Quantiles of) {
    JsonObject json = new JsonObject();
    json.add("p50", millis(of.p50()));
    json.add("p90", millis(of.p90()));
    json.add("p99", millis(of.p99()));
    json.add("max", millis(of.max()));
    return json;
  }

  private static <K extends Enum<K>> JsonObject counts(Map<K, Integer> counts) {
    JsonObject json = new JsonObject();
    counts.forEach((key, count) -> json.addProperty(lower(key), count));
    return json;
  }

  private static <T> JsonArray array(List<T> items, Function<T, JsonElement> json) {
    JsonArray array = new JsonArray();
    items.forEach(item -> array.add(json.apply(item)));
    return array;
  }

  private static <T> JsonElement orNull(@Nullable T value, Function<T, JsonElement> json) {
    return value == null ? JsonNull.INSTANCE : json.apply(value);
  }

  private static JsonPrimitive address(Address address) {
    return new JsonPrimitive(address.text());
  }

  private static JsonPrimitive family(Address address) {
    Family family = address.family();
    return new JsonPrimitive(lower(family));
  }

  private static JsonPrimitive transport(Attempt attempt) {
    return new JsonPrimitive(lower(attempt.over()));
  }

  private static JsonPrimitive millis(long nanos) {
    return new JsonPrimitive(Math.floorDiv(nanos, NANOS_PER_MICRO) / MICROS_PER_MILLI);
  }

  private static String lower(Enum<?> name) {
    return name.name().toLowerCase(Locale.ROOT);
  }
}
