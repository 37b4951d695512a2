package io.bifocal.xds;

import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.Conversation.resource;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What a server says again is neither parsed nor checked again: the watchers get the very message
 * that they have.
 */
class SaidAgainTest {
  private static final int MANY = 10_000;

  private final IdentityHashMap<ClusterLoadAssignment, String> messages = new IdentityHashMap<>();
  private final List<String> unknown = new ArrayList<>();
  private int updates;

  private Verdict take(Update<ClusterLoadAssignment> update) {
    updates++;
    update.resources().forEach(r -> messages.put(r.value(), r.name()));
    return Verdict.accept();
  }

  private static ClusterLoadAssignment[] many() {
    ClusterLoadAssignment[] all = new ClusterLoadAssignment[MANY];
    for (int i = 0; i < MANY; i++) {
      all[i] = endpoints("e" + i);
    }
    return all;
  }

  private static ClusterLoadAssignment changed(String name, int factor) {
    ClusterLoadAssignment.Builder assignment = endpoints(name).toBuilder();
    assignment.getPolicyBuilder().getOverprovisioningFactorBuilder().setValue(factor);
    return assignment.build();
  }

  @Test
  void ofTenThousandResourcesTheOneThatChangedIsRead() {
    Conversation c = Conversation.stateOfTheWorld().start();
    Set<String> names = new LinkedHashSet<>();
    ClusterLoadAssignment[] all = many();
    for (ClusterLoadAssignment one : all) {
      names.add(one.getClusterName());
    }
    c.subscribe(ResourceType.ENDPOINTS, names, this::take);
    c.respond(ResourceType.ENDPOINTS, "1", "n1", all);
    assertThat(messages).hasSize(MANY);

    all[77] = changed("e77", 150);
    c.respond(ResourceType.ENDPOINTS, "2", "n2", all);
    assertThat(messages).as("messages that were ever read").hasSize(MANY + 1);
    assertThat(messages.values()).filteredOn("e77"::equals).hasSize(2);
    assertThat(updates).isEqualTo(2);
    assertThat(c.heard()).last().asString().endsWith("v2 n2");

    c.respond(ResourceType.ENDPOINTS, "3", "n3", all);
    assertThat(messages).hasSize(MANY + 1);
  }

  @Test
  void aRefusedResponseBetweenThemChangesNothing() {
    Conversation c = Conversation.stateOfTheWorld().start();
    c.subscribe(ResourceType.ENDPOINTS, Set.of("a", "b"), this::take);
    c.respond(ResourceType.ENDPOINTS, "1", "n1", endpoints("a"), endpoints("b"));
    c.respond(ResourceType.ENDPOINTS, "2", "n2", endpoints("a"), changed("b", 0));
    assertThat(c.heard()).last().asString().contains("OverprovisioningFactor");
    c.respond(ResourceType.ENDPOINTS, "3", "n3", endpoints("b"), endpoints("a"));
    assertThat(messages).hasSize(2);
    assertThat(updates).isEqualTo(2);
  }

  @Test
  void whatARefusedResponseSaidIsRefusedAgain() {
    Conversation c = Conversation.stateOfTheWorld().start();
    c.subscribe(ResourceType.ENDPOINTS, Set.of("a"), this::take);
    for (int i = 1; i <= 2; i++) {
      c.respond(ResourceType.ENDPOINTS, "v" + i, "n" + i, changed("a", 0));
    }
    assertThat(updates).isZero();
    assertThat(messages).isEmpty();
  }

  @Test
  void unknownFieldsAreToldEachTime() {
    Conversation c =
        Conversation.stateOfTheWorld(
            new TransportObserver() {
              @Override
              public void onUnknownFields(String typeUrl, String resource, String paths) {
                unknown.add(resource + " " + paths);
              }
            },
            false);
    c.start();
    c.subscribe(ResourceType.ENDPOINTS, Set.of("a"), this::take);
    ClusterLoadAssignment strange =
        endpoints("a").toBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(4242, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    c.respond(ResourceType.ENDPOINTS, "1", "n1", strange);
    c.respond(ResourceType.ENDPOINTS, "2", "n2", strange);
    assertThat(unknown).containsExactly("a #4242", "a #4242");
    assertThat(messages).hasSize(1);
  }

  @Test
  void aVersionIsThatOfItsOwnResponse() {
    Conversation c = Conversation.delta().start();
    List<String> versions = new ArrayList<>();
    c.subscribe(
        ResourceType.ENDPOINTS,
        Set.of("a"),
        update -> {
          update.resources().forEach(r -> versions.add(r.version()));
          return take(update);
        });
    c.respondDelta(ResourceType.ENDPOINTS, "n1", List.of(resource("v1", endpoints("a"))));
    c.respondDelta(ResourceType.ENDPOINTS, "n2", List.of(resource("v2", endpoints("a"))));
    assertThat(versions).containsExactly("v1", "v2");
    assertThat(messages).hasSize(1);
  }

  @Test
  void theSameBytesInAnotherTypesNameAreAnotherResource() {
    Conversation c = Conversation.stateOfTheWorld().start();
    List<Object> read = new ArrayList<>();
    c.subscribe(ResourceType.ENDPOINTS, Set.of("a"), this::take);
    c.subscribe(
        ResourceType.ROUTES,
        Set.of("a"),
        update -> {
          update.resources().forEach(r -> read.add(r.value()));
          return Verdict.accept();
        });
    Any assignment = Any.pack(endpoints("a"));
    c.respond(ResourceType.ENDPOINTS, "1", "n1", assignment);
    c.respond(
        ResourceType.ROUTES,
        "1",
        "n2",
        assignment.toBuilder().setTypeUrl(ResourceType.ROUTES.typeUrl()).build());
    assertThat(read).containsExactly(Conversation.routes("a"));
  }
}
