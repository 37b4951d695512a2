package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Update;
import io.bifocal.xds.internal.resource.Decoded.Good;
import io.bifocal.xds.internal.resource.Received;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who must hear what of a response. */
final class Deliveries {
  record Delivery<T extends Message>(Interest<T> to, Update<T> update) {}

  private static final class Parcel<T extends Message> {
    final List<Resource<T>> resources = new ArrayList<>();
    final List<String> removed = new ArrayList<>();
  }

  private Deliveries() {}

  /**
   * In the order of subscription.
   *
   * @param lists whether the response lists the whole state of its type
   */
  static <T extends Message> List<Delivery<T>> of(
      Good<T> response, ResourceType<T> type, Interests<T> interests, boolean lists) {
    List<Resource<T>> resources = new ArrayList<>();
    boolean renewals = false;
    Map<Interest<T>, Parcel<T>> parcels = new HashMap<>();
    Set<String> told = new HashSet<>();
    for (Received<T> received : response.resources()) {
      T value = received.value();
      if (value == null) {
        renewals = true;
        continue;
      }
      Resource<T> resource =
          new Resource<>(received.name(), received.aliases(), received.version(), value);
      resources.add(resource);
      // Of two by one name, who asked for it by name hears the first.
      if (told.add(received.name())) {
        for (Interest<T> interest : named(resource, interests)) {
          parcels.computeIfAbsent(interest, i -> new Parcel<>()).resources.add(resource);
        }
      }
    }
    for (String name : response.removed()) {
      interests
          .in(name)
          .forEach(i -> parcels.computeIfAbsent(i, k -> new Parcel<>()).removed.add(name));
    }
    if (lists) {
      noteAbsent(response, interests, parcels);
    }
    String version = response.stamp().version();
    List<Delivery<T>> deliveries = new ArrayList<>();
    parcels.keySet().removeIf(Interest::everything); // they hear of it all below
    parcels.forEach(
        (interest, parcel) ->
            deliveries.add(
                new Delivery<>(
                    interest, new Update<>(false, parcel.resources, parcel.removed, version))));
    if (!response.onlyRenews()) {
      // What was merely renewed is not listed, so its absence must not read as its removal.
      boolean whole = lists && !renewals;
      Update<T> update = new Update<>(whole, resources, response.removed(), version);
      interests.inEverything().forEach(i -> deliveries.add(new Delivery<>(i, update)));
    }
    deliveries.sort(Comparator.comparingLong(d -> d.to().order));
    return deliveries;
  }

  // Once each, by whichever of its names they asked for it.
  private static <T extends Message> Collection<Interest<T>> named(
      Resource<T> resource, Interests<T> interests) {
    if (resource.aliases().isEmpty()) {
      return interests.in(resource.name());
    }
    Set<Interest<T>> all = new LinkedHashSet<>(interests.in(resource.name()));
    resource.aliases().forEach(alias -> all.addAll(interests.in(alias)));
    return all;
  }

  // Where a response lists everything, a wanted name that is not in it does not exist.
  private static <T extends Message> void noteAbsent(
      Good<T> response, Interests<T> interests, Map<Interest<T>, Parcel<T>> parcels) {
    Set<String> present = new HashSet<>();
    response.resources().forEach(r -> present.add(r.name()));
    for (String name : interests.names()) {
      if (!present.contains(name) && !ResourceName.isCollection(name)) {
        interests
            .in(name)
            .forEach(i -> parcels.computeIfAbsent(i, k -> new Parcel<>()).removed.add(name));
      }
    }
  }
}
