package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Options;
import java.util.Map;

/**
 * How HTTP/2 is spoken with clients. Source: {@code envoy.config.core.v3.Http2ProtocolOptions}.
 *
 * @param common what holds for either side
 * @param limits of a request's head
 * @param maxOutboundFrames {@code max_outbound_frames}: how many heads and control frames may wait
 *     to be written; bodies are bounded by their windows
 * @param maxPriorityFrames {@code max_inbound_priority_frames_per_stream}
 * @param maxWindowUpdates {@code max_inbound_window_update_frames_per_data_frame_sent}
 * @param allowConnect {@code allow_connect}: whether clients may ask for upgrades, as RFC 8441 has
 *     it
 * @param customSettings {@code custom_settings_parameters}: what else a client is told, by number
 */
public record Http2ServerOptions(
    Http2Options common,
    Http1Limits limits,
    int maxOutboundFrames,
    int maxPriorityFrames,
    int maxWindowUpdates,
    boolean allowConnect,
    Map<Character, Long> customSettings) {

  public Http2ServerOptions {
    customSettings = Map.copyOf(customSettings);
  }
}
