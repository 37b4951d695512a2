package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which cluster a route sends its requests to. */
public sealed interface ClusterChoice {
  /** The route with the cluster chosen for a request. */
  Route choose(Route route, RequestHead head, StreamInfo info, long random);

  /**
   * This one.
   *
   * @param hostRewrite what it becomes the authority of its requests, unless the route says more;
   *     null for nothing
   */
  record Named(String name, @Nullable String hostRewrite) implements ClusterChoice {
    @Override
    public Route choose(Route route, RequestHead head, StreamInfo info, long random) {
      return route;
    }
  }

  /** The one that a header names; of several the first. */
  record InHeader(AsciiString header) implements ClusterChoice {
    @Override
    public Route choose(Route route, RequestHead head, StreamInfo info, long random) {
      return route.to(new Named(head.headers.get(header, ""), null));
    }
  }

  /**
   * One of several by chance.
   *
   * @param total of the weights as they are configured
   * @param header whose number takes the place of chance; null for none
   * @param runtime where weights may be changed; null when they may not
   */
  record Weighted(
      List<Share> shares, long total, @Nullable AsciiString header, @Nullable RuntimeReader runtime)
      implements ClusterChoice {
    public Weighted {
      shares = List.copyOf(shares);
    }

    @Override
    public Route choose(Route route, RequestHead head, StreamInfo info, long random) {
      RuntimeReader changing = runtime;
      Share share =
          changing == null ? configured(head, random) : current(changing.snapshot(), head, random);
      return share.header == null
          ? share.route
          : share.route.to(new Named(head.headers.get(share.header, ""), share.hostRewrite));
    }

    private Share configured(RequestHead head, long random) {
      long at = Long.remainderUnsigned(point(head, random), total);
      for (int i = 0; i < shares.size(); i++) {
        Share share = shares.get(i);
        if (at < share.weight) {
          return share;
        }
        at -= share.weight;
      }
      throw new IllegalStateException("weights do not add up");
    }

    // One snapshot, so that the weights belong together.
    private Share current(RuntimeSnapshot snapshot, RequestHead head, long random) {
      long[] weights = new long[shares.size()];
      long sum = 0;
      for (int i = 0; i < weights.length; i++) {
        Share share = shares.get(i);
        weights[i] = snapshot.number(share.runtimeKey, share.weight) & 0xFFFFFFFFL;
        sum += weights[i];
      }
      if (sum == 0 || sum > 0xFFFFFFFFL) {
        return configured(head, random);
      }
      long at = Long.remainderUnsigned(point(head, random), sum);
      int i = 0;
      while (at >= weights[i]) {
        at -= weights[i];
        i++;
      }
      return shares.get(i);
    }

    private long point(RequestHead head, long random) {
      if (header != null) {
        List<String> values = head.headers.getAll(header);
        if (values.size() == 1) {
          try {
            return Long.parseUnsignedLong(values.get(0).trim());
          } catch (NumberFormatException e) {
            // Chance, then.
          }
        }
      }
      return random;
    }
  }

  /**
   * A cluster's part.
   *
   * @param route the route as it is for this part
   * @param header names the cluster; null when it is the route's
   */
  record Share(
      long weight,
      String runtimeKey,
      Route route,
      @Nullable AsciiString header,
      @Nullable String hostRewrite) {}
}
