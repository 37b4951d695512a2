package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.badCluster;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.envoy.Script.badEndpoints;
import static io.bifocal.conformance.envoy.Script.badListener;
import static io.bifocal.conformance.envoy.Script.badRoutes;
import static io.bifocal.conformance.envoy.Script.called;
import static io.bifocal.conformance.envoy.Script.changed;
import static io.bifocal.conformance.envoy.Script.cluster;
import static io.bifocal.conformance.envoy.Script.eds;
import static io.bifocal.conformance.envoy.Script.endpoints;
import static io.bifocal.conformance.envoy.Script.garbage;
import static io.bifocal.conformance.envoy.Script.good;
import static io.bifocal.conformance.envoy.Script.listenerOf;
import static io.bifocal.conformance.envoy.Script.named;
import static io.bifocal.conformance.envoy.Script.routes;
import static io.bifocal.conformance.envoy.Script.twoAddresses;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.envoy.Step.Answer;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.List;

/**
 * Every word of a response as a control plane may choose it, well or badly: nonces, versions,
 * types, wrappers, names, and resources that are strange, twice, too big, gone or never asked for.
 */
final class Words {
  private static final int MORE_THAN_GRPCS_DEFAULT = 5 << 20;

  private final Script script;

  private Words(Script script) {
    this.script = script;
  }

  static void write(Script script) {
    Words words = new Words(script);
    script.becomesLive();
    words.nonces();
    words.versions();
    words.types();
    words.wrappers();
    words.duplicates();
    words.undecodable();
    words.otherTypes();
    words.otherNames();
    words.unrequested();
    words.order();
    words.strange();
    if (script.delta()) {
      words.removals();
      words.bodiless();
    }
    words.empties();
  }

  private void nonces() {
    script.say("a nonce of any kind", clusters("2", good("b")).nonce("{\u00e9 \n\"'"));
    script.say("the same nonce once more", clusters("3", changed("b", 2)).nonce("{\u00e9 \n\"'"));
    script.say("an old nonce", clusters("4", changed("b", 3)).nonce("n1"));
    script.say("no nonce", clusters("5", changed("b", 4)).nonce(""));
    script.say("a nonce again", clusters("6", changed("b", 5)));
  }

  private void versions() {
    script.say("the same version with other clusters", clusters("6", good("b"), good("c")));
    script.say("no version", clusters("", good("b")).removing("c"));
    script.say("a version that goes back", clusters("1", good("b"), good("c")));
    script.say("nothing new under a new version", clusters("7", good("b"), good("c")));
    script.say("endpoints without a version", Response.of(ENDPOINTS, "", twoAddresses("e1")));
    script.say("a version of routes that goes back", Response.of(ROUTES, "0", routes("r1", "a")));
  }

  private void types() {
    script.say(
        "no type", Answer.SILENCE, List.of(), Response.of("", "8", good("d")).nonce("typeless"));
    script.say(
        "a type that nobody knows",
        Answer.SILENCE,
        List.of(),
        Response.of("type.googleapis.com/foo.Bar", "8", good("d")).nonce("strange"));
    script.say(
        "a type by another prefix",
        Answer.SILENCE,
        List.of(),
        Response.of("example.com/envoy.config.cluster.v3.Cluster", "8", good("d")).nonce("prefix"));
  }

  private void wrappers() {
    script.say(
        "wrapped ones among bare ones",
        clusters("8", good("b"), good("c")).wrapped(good("d"), Resource.newBuilder()));
    script.say("a wrapped one in endpoints", wrapped(ENDPOINTS, "8", endpoints("e1")));
    script.say("a wrapped one in listeners", wrapped(LISTENER, "8", listenerOf("l1", "r1")));
    script.say("a wrapped one in routes", wrapped(ROUTES, "8", routes("r1", "a")));
  }

  private static Response wrapped(ResourceType<?> type, String version, Named resource) {
    return Response.of(type, version).wrapped(resource, Resource.newBuilder());
  }

  private void duplicates() {
    script.say(
        "a cluster twice",
        Answer.ANSWERED,
        List.of("b"),
        clusters("9", changed("b", 6), good("b")));
    script.say(
        "endpoints twice",
        Answer.ANSWERED,
        List.of("e1"),
        Response.of(ENDPOINTS, "9", twoEndpoints("e1"), endpoints("e1")));
    script.say(
        "a listener twice",
        Answer.ANSWERED,
        List.of("l1"),
        Response.of(LISTENER, "9", listenerOf("l1", "r1"), listenerOf("l1", "r1")));
    script.say(
        "routes twice",
        Answer.ANSWERED,
        List.of("r1"),
        Response.of(ROUTES, "9", routes("r1", "b"), routes("r1", "a")));
  }

  private static Named twoEndpoints(String cluster) {
    return named(
        cluster,
        assignment(cluster, Loopback.v4(9)).toBuilder()
            .mergeFrom(assignment(cluster, Loopback.v4(10)))
            .build());
  }

  private void undecodable() {
    script.say(
        "endpoints that can't be decoded",
        Response.of(ENDPOINTS, "10", endpoints("e1"), garbage("garbage", ENDPOINTS)));
    script.say(
        "a listener that can't be decoded",
        Response.of(LISTENER, "10", listenerOf("l2", "r2"), garbage("garbage", LISTENER)));
    script.say(
        "routes that can't be decoded",
        Response.of(ROUTES, "10", routes("r1", "b"), garbage("garbage", ROUTES)));
    script.say("good endpoints after bad", Response.of(ENDPOINTS, "11", endpoints("e1")));
    script.say("good listeners after bad", Response.of(LISTENER, "11", listenerOf("l1", "r1")));
    script.say("good routes after bad", Response.of(ROUTES, "11", routes("r1", "a")));
  }

  private void otherTypes() {
    script.say(
        "a cluster among endpoints",
        Answer.ANSWERED,
        List.of("envoy.config.cluster.v3.Cluster"),
        Response.of(ENDPOINTS, "12", endpoints("e1"), good("stray")));
    script.say(
        "a cluster among listeners",
        Answer.ANSWERED,
        List.of("envoy.config.cluster.v3.Cluster"),
        Response.of(LISTENER, "12", listenerOf("l1", "r1"), good("stray")));
    script.say(
        "a cluster among routes",
        Answer.ANSWERED,
        List.of("envoy.config.cluster.v3.Cluster"),
        Response.of(ROUTES, "12", routes("r1", "a"), good("stray")));
  }

  private void otherNames() {
    script.say(
        "endpoints by another name",
        Answer.ANSWERED,
        List.of("e1", "e2"),
        Response.of(ENDPOINTS, "13", called("e1", endpoints("e2"))));
    script.say(
        "routes by another name",
        Answer.ANSWERED,
        List.of("r1", "r2"),
        Response.of(ROUTES, "13", called("r1", routes("r2", "a"))));
    script.say("a cluster by another name", clusters("13", called("alias", good("b"))));
  }

  private void unrequested() {
    script.say(
        "endpoints that nobody asked for", Response.of(ENDPOINTS, "14", endpoints("nobody")));
    script.say("routes that nobody asked for", Response.of(ROUTES, "14", routes("nobody", "a")));
    script.say(
        "bad endpoints that nobody asked for",
        Answer.ANSWERED,
        List.of("nobody"),
        Response.of(ENDPOINTS, "15", badEndpoints("nobody")));
    script.say(
        "bad routes that nobody asked for",
        Answer.ANSWERED,
        List.of("nobody"),
        Response.of(ROUTES, "15", badRoutes("nobody")));
  }

  private void order() {
    script.say(
        "all types at once, in good order",
        clusters("16", good("b")),
        Response.of(ENDPOINTS, "16", twoAddresses("e1")),
        Response.of(LISTENER, "16", listenerOf("l1", "r1")),
        Response.of(ROUTES, "16", routes("r1", "b")));
    script.say(
        "all types at once, the other way round",
        Response.of(ROUTES, "17", routes("r1", "a")),
        Response.of(LISTENER, "17", listenerOf("l1", "r1")),
        Response.of(ENDPOINTS, "17", endpoints("e1")),
        clusters("17", good("b"), good("c")));
    script.say(
        "one type thrice at once",
        Response.of(ENDPOINTS, "18", twoAddresses("e1")),
        Response.of(ENDPOINTS, "19", endpoints("e1")),
        Response.of(ENDPOINTS, "20", twoAddresses("e1")));
    script.say(
        "a bad one between good ones",
        Answer.ANSWERED,
        List.of("not.an.ip"),
        Response.of(ENDPOINTS, "21", endpoints("e1")),
        Response.of(ENDPOINTS, "22", badEndpoints("e1")),
        Response.of(ENDPOINTS, "23", twoAddresses("e1")));
    script.say(
        "a new EDS cluster whose endpoints come before its ACK",
        clusters("18", good("b"), eds("e3")),
        Response.of(ENDPOINTS, "24", endpoints("e1"), endpoints("e3")));
    script.say("and goes", clusters("19", good("b")).removing("e3"));
  }

  private void strange() {
    Cluster b = edsCluster("big").toBuilder().clearEdsClusterConfig().clearType().build();
    script.say(
        "a cluster of more than 4 MiB",
        clusters("20", good("b"), cluster(withMetadata(b, "x".repeat(MORE_THAN_GRPCS_DEFAULT)))));
    script.say(
        "a field that nobody knows", clusters("21", good("b"), cluster(withUnknownField(b))));
    String longName = "n".repeat(5000);
    script.say(
        "more to say about errors than fits",
        Answer.ANSWERED,
        List.of("nnnnn"),
        clusters("22", good("b"), cluster(badCluster(longName))));
    script.say(
        "a bad listener alone",
        Answer.ANSWERED,
        List.of("bad", "l1"),
        Response.of(LISTENER, "22", listenerOf("l1", "r1"), badListener("bad")));
    script.say(
        "all good again",
        clusters("23", good("b")),
        Response.of(LISTENER, "23", listenerOf("l1", "r1")));
  }

  private static Cluster withMetadata(Cluster cluster, String text) {
    return cluster.toBuilder()
        .setMetadata(
            Metadata.newBuilder()
                .putFilterMetadata(
                    "padding",
                    Struct.newBuilder()
                        .putFields("text", Value.newBuilder().setStringValue(text).build())
                        .build()))
        .build();
  }

  private static Cluster withUnknownField(Cluster cluster) {
    return cluster.toBuilder()
        .setUnknownFields(
            UnknownFieldSet.newBuilder()
                .addField(
                    100_000,
                    UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFromUtf8("news"))
                        .build())
                .build())
        .build();
  }

  private void removals() {
    script.say("clusters that are not there go", clusters("24").removing("nobody", "b"));
    script.say("endpoints go", Response.of(ENDPOINTS, "24").removing("e1", "nobody"));
    script.say("routes go", Response.of(ROUTES, "24").removing("r1", "nobody"));
    script.say("a listener that is not there goes", Response.of(LISTENER, "24").removing("nobody"));
    script.say("endpoints come back", Response.of(ENDPOINTS, "25", endpoints("e1")));
    script.say("routes come back", Response.of(ROUTES, "25", routes("r1", "a")));
    script.say(
        "one comes and goes at once",
        Answer.ANSWERED,
        List.of("b"),
        clusters("26", good("b")).removing("b"));
    script.say("b comes back", clusters("27", good("b")));
  }

  private void bodiless() {
    script.say(
        "a heartbeat of the version that is held",
        Response.of(ENDPOINTS, "26").heartbeat("e1", "25", 60_000));
    script.say(
        "a heartbeat of another version",
        Response.of(ENDPOINTS, "27").heartbeat("e1", "99", 60_000));
    script.say(
        "a heartbeat of what nobody has", Response.of(CLUSTER, "28").heartbeat("x", "1", 60_000));
    script.say(
        "an alias without a body",
        Response.of(ROUTES, "28")
            .wrapped(Resource.newBuilder().setName("r1").addAliases("r9").setVersion("9")));
    script.say(
        "an alias with a body",
        Response.of(ROUTES, "29")
            .wrapped(routes("r1", "a"), Resource.newBuilder().addAliases("r9")));
    script.closeStreams("the stream ends, and says what is held", 0, 4);
  }

  private void empties() {
    script.say("no endpoints at all", Response.of(ENDPOINTS, "30"));
    script.say("no routes at all", Response.of(ROUTES, "30"));
    script.say(
        "endpoints without any", Response.of(ENDPOINTS, "31", named("e1", assignment("e1"))));
  }

  /** Of clusters, a and e1 are always there; delta says them again, which changes nothing. */
  private static Response clusters(String version, Named... others) {
    return Response.of(CLUSTER, version, good("a"), eds("e1")).and(others);
  }
}
