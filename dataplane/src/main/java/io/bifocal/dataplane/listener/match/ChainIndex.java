package io.bifocal.dataplane.listener.match;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Filter chains by what they match. The {@link Property properties} are looked at one after the
 * other, the most specific value of each decides, and there is no way back: what it costs to choose
 * does not grow with the number of chains. Filled once, then immutable.
 *
 * @param <C> the chain
 */
public final class ChainIndex<C> implements ChainChoice<C> {
  private static final Property[] PROPERTIES = Property.values();

  private final Node<C> root = new Node<>();

  /** What is left of the chains once some properties are known. */
  private static final class Node<C> implements Property.Keys {
    private final Map<Object, Node<C>> next = new HashMap<>();
    private final BitSet lengths = new BitSet();
    private @Nullable C chain;

    Node<C> at(Object key) {
      if (key instanceof Prefix prefix) {
        lengths.set(prefix.bits());
      }
      return next.computeIfAbsent(key, k -> new Node<>());
    }

    @Override
    public boolean has(Object key) {
      return next.containsKey(key);
    }

    @Override
    public boolean only(Object key) {
      return next.size() == 1 && has(key);
    }

    @Override
    public @Nullable Object longest(byte[] address) {
      for (int bits = lengths.length() - 1; bits >= 0; bits = lengths.previousSetBit(bits - 1)) {
        if (bits <= address.length * 8) {
          Prefix prefix = Prefix.masked(address, bits);
          if (next.containsKey(prefix)) {
            return prefix;
          }
        }
      }
      return null;
    }
  }

  /**
   * Adds a chain.
   *
   * @return false if there is one already for a connection that this one wants
   * @throws ConfigException when an address is none
   */
  public boolean add(FilterChainMatch match, C chain) throws ConfigException {
    return add(root, 0, match, chain);
  }

  private static <C> boolean add(Node<C> node, int depth, FilterChainMatch match, C chain)
      throws ConfigException {
    if (depth == PROPERTIES.length) {
      boolean free = node.chain == null;
      node.chain = chain;
      return free;
    }
    for (Object key : PROPERTIES[depth].wanted(match)) {
      if (!add(node.at(key), depth + 1, match, chain)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public @Nullable C find(AcceptedConnection connection) {
    Node<C> node = root;
    for (Property property : PROPERTIES) {
      Object key = property.pick(node, connection);
      if (key == null) {
        return null;
      }
      node = node.next.get(key);
      if (node == null) {
        return null;
      }
    }
    return node.chain;
  }
}
