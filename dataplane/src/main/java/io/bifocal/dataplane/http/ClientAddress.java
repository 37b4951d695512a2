package io.bifocal.dataplane.http;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.match.CidrRanges;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who the client is, and what {@code x-forwarded-for} says of it from here on.
 *
 * @param trustsPeer {@code use_remote_address}: it is the peer, or whom trusted hops before it tell
 *     of
 * @param hops {@code xff_num_trusted_hops}
 * @param detections who is asked in turn where the peer is not the client
 * @param mayRefuse whether one of them refuses requests of whose clients nobody tells
 * @param internal {@code internal_address_config.cidr_ranges}
 * @param internalPipes {@code internal_address_config.unix_sockets}
 */
record ClientAddress(
    boolean trustsPeer,
    int hops,
    boolean skipsAppend,
    List<OriginalAddress> detections,
    boolean mayRefuse,
    CidrRanges internal,
    boolean internalPipes) {

  /** Finds out, and leaves the client's address in {@code info}. */
  Origin settle(HttpHeaders headers, DownstreamConnection downstream, StreamInfo info) {
    return trustsPeer ? ofPeer(headers, downstream, info) : told(headers, downstream, info);
  }

  /** Why a request that was told of by nobody goes no further; to be asked first. */
  @Nullable LocalReply refusal(HttpHeaders headers, DownstreamConnection downstream) {
    if (!mayRefuse) {
      return null;
    }
    for (int i = 0; i < detections.size(); i++) {
      OriginalAddress detection = detections.get(i);
      if (detection.find(headers, ip(downstream.remote())) != null) {
        return null;
      }
      LocalReply refusal = detection.refusal();
      if (refusal != null) {
        return refusal;
      }
    }
    return null;
  }

  private Origin ofPeer(HttpHeaders headers, DownstreamConnection downstream, StreamInfo info) {
    Address remote = downstream.remote();
    String forwarded = ForwardedFor.value(headers);
    if (hops > 0 && forwarded != null) {
      OriginalAddress.Told told = ForwardedFor.last(forwarded, hops - 1);
      if (told != null) {
        remote = new Address.Ip(told.address(), 0);
        info.downstreamRemote = remote;
      }
    }
    if (!skipsAppend) {
      append(headers, forwarded, downstream);
    }
    return forwarded == null && isInternal(remote) ? Origin.INTERNAL : Origin.EDGE;
  }

  private Origin told(HttpHeaders headers, DownstreamConnection downstream, StreamInfo info) {
    for (int i = 0; i < detections.size(); i++) {
      OriginalAddress detection = detections.get(i);
      OriginalAddress.Told told = detection.find(headers, ip(downstream.remote()));
      if (detection.appends()) {
        append(headers, ForwardedFor.value(headers), downstream);
      }
      if (told != null) {
        Address address = new Address.Ip(told.address(), 0);
        info.downstreamRemote = address;
        return told.trusted() && isInternal(address) ? Origin.INTERNAL : Origin.EXTERNAL;
      }
    }
    return Origin.EXTERNAL;
  }

  private boolean isInternal(Address address) {
    return address instanceof Address.Ip ip ? internal.contains(ip.ip()) : internalPipes;
  }

  private static void append(
      HttpHeaders headers, @Nullable String forwarded, DownstreamConnection downstream) {
    InetAddress peer = ip(downstream.remote());
    if (peer != null) {
      String address =
          peer.isLoopbackAddress() ? OwnAddress.address() : InetAddresses.toAddrString(peer);
      headers.set(
          HeaderNames.X_FORWARDED_FOR, forwarded == null ? address : forwarded + "," + address);
    }
  }

  private static @Nullable InetAddress ip(Address address) {
    return address instanceof Address.Ip ip ? ip.ip() : null;
  }
}
