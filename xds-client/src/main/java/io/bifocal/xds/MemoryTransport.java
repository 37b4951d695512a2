package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One client's aggregated streams to resources in memory. On the client's loop. */
final class MemoryTransport implements Transport {
  private static final Set<String> LISTED =
      Set.of(
          ResourceType.CLUSTER.typeUrl(),
          ResourceType.LISTENER.typeUrl(),
          ResourceType.SCOPED_ROUTES.typeUrl());

  private final MemoryResources resources;
  private final Loop loop;
  private final List<MemoryCall> calls = new ArrayList<>();

  MemoryTransport(MemoryResources resources, Loop loop) {
    this.resources = resources;
    this.loop = loop;
  }

  /** From any thread. */
  void changed(String typeUrl) {
    loop.execute(() -> List.copyOf(calls).forEach(call -> call.changed(typeUrl)));
  }

  @Override
  public <Q extends Message, R extends Message> Call<Q> open(
      MethodDescriptor<Q, R> method, Events<R> events) {
    MethodDescriptor<?, ?> served =
        AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
    if (!method.getFullMethodName().equals(served.getFullMethodName())) {
      throw new IllegalArgumentException(
          "resources in memory are served by ads alone, not by " + method.getFullMethodName());
    }
    @SuppressWarnings("unchecked") // what the method returns
    Events<DiscoveryResponse> heard = (Events<DiscoveryResponse>) events;
    MemoryCall call = new MemoryCall(heard);
    calls.add(call);
    loop.execute(events::onWritable);
    @SuppressWarnings("unchecked") // what the method takes
    Call<Q> opened = (Call<Q>) call;
    return opened;
  }

  /** What one stream has been told of one type. */
  private static final class Told {
    Set<String> names = Set.of();
    String version = "";
    String nonce = "";
    boolean answered = true;
  }

  private final class MemoryCall implements Call<DiscoveryRequest> {
    private final Events<DiscoveryResponse> events;
    private final Map<String, Told> types = new HashMap<>();
    private final Set<String> due = new LinkedHashSet<>();
    private int requested = 1;
    private long nonces;
    private boolean closed;

    MemoryCall(Events<DiscoveryResponse> events) {
      this.events = events;
    }

    @Override
    public boolean writable() {
      return !closed;
    }

    @Override
    public void send(DiscoveryRequest request) {
      String typeUrl = request.getTypeUrl();
      @Nullable Told known = types.get(typeUrl);
      Told told = known == null ? new Told() : known;
      types.put(typeUrl, told);
      Set<String> names = names(request);
      boolean answers = !told.answered && request.getResponseNonce().equals(told.nonce);
      boolean asks = known == null || !names.equals(told.names) || !answers;
      told.names = names;
      if (answers) {
        told.answered = true;
        resources.answered(typeUrl, told.version, request.getErrorDetail().getMessage());
      }
      if (asks || !resources.snapshot(typeUrl).version().equals(told.version)) {
        changed(typeUrl);
      }
    }

    private static Set<String> names(DiscoveryRequest request) {
      Set<String> names = new LinkedHashSet<>(request.getResourceNamesList());
      return names.contains("*") ? Set.of() : names;
    }

    void changed(String typeUrl) {
      if (types.containsKey(typeUrl)) {
        due.add(typeUrl);
        loop.execute(this::respond);
      }
    }

    private void respond() {
      while (!closed && requested > 0 && !due.isEmpty()) {
        String typeUrl = due.iterator().next();
        due.remove(typeUrl);
        Told told = types.get(typeUrl);
        if (told != null) {
          respond(typeUrl, told);
        }
      }
    }

    // A server says nothing of what it does not have, but tells an empty list where it lists all.
    private void respond(String typeUrl, Told told) {
      MemoryResources.Snapshot snapshot = resources.snapshot(typeUrl);
      var found = snapshot.of(told.names);
      if (found.isEmpty() && !LISTED.contains(typeUrl)) {
        return;
      }
      requested--;
      nonces++;
      told.version = snapshot.version();
      told.nonce = String.valueOf(nonces);
      told.answered = false;
      events.onResponse(
          DiscoveryResponse.newBuilder()
              .setTypeUrl(typeUrl)
              .setVersionInfo(told.version)
              .setNonce(told.nonce)
              .addAllResources(found)
              .build());
    }

    @Override
    public void request() {
      requested++;
      loop.execute(this::respond);
    }

    @Override
    public void cancel() {
      closed = true;
      calls.remove(this);
      resources.forget(MemoryTransport.this);
    }
  }
}
