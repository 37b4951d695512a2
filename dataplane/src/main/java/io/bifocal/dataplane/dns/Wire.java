package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.dns.AbstractDnsOptPseudoRrRecord;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DefaultDnsQuery;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsSection;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** From questions to Netty's queries, and from its responses to messages. */
final class Wire {
  /** What fits into a packet on any path (RFC 9715). */
  private static final int PAYLOAD = 1232;

  private Wire() {}

  static DnsQuery datagram(Question question, int id, Address.Ip server, boolean edns) {
    DnsQuery query =
        new DatagramDnsQuery(null, new InetSocketAddress(server.ip(), server.port()), id);
    fill(query, question);
    if (edns) {
      query.addRecord(DnsSection.ADDITIONAL, new Opt());
    }
    return query;
  }

  static DnsQuery query(Question question, int id) {
    return fill(new DefaultDnsQuery(id), question);
  }

  private static DnsQuery fill(DnsQuery query, Question question) {
    query.setRecursionDesired(true);
    query.setRecord(
        DnsSection.QUESTION,
        new DefaultDnsQuestion(question.name() + ".", type(question.family())));
    return query;
  }

  private static DnsRecordType type(Family family) {
    return family == Family.V6 ? DnsRecordType.AAAA : DnsRecordType.A;
  }

  /** Whether a response is to this question; anything else is not for us. */
  static boolean answers(DnsResponse response, int id, Question question) {
    if (response.id() != id) {
      return false;
    }
    if (response.count(DnsSection.QUESTION) == 0) {
      return response.code().intValue() == Message.FORMAT_ERROR; // it may not have read so far
    }
    DnsQuestion asked = response.recordAt(DnsSection.QUESTION);
    return asked.type().equals(type(question.family()))
        && DomainName.key(asked.name()).equals(DomainName.key(question.name()));
  }

  static Message message(DnsResponse response) {
    List<Message.Entry> entries = new ArrayList<>();
    for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
      DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
      if (record instanceof DnsRawRecord raw && raw.dnsClass() == DnsRecord.CLASS_IN) {
        add(raw, entries);
      }
    }
    return new Message(response.code().intValue(), response.isTruncated(), entries);
  }

  private static void add(DnsRawRecord record, List<Message.Entry> entries) {
    ByteBuf content = record.content();
    if (record.type().equals(DnsRecordType.CNAME)) {
      String target = DefaultDnsRecordDecoder.decodeName(content.duplicate());
      entries.add(new Message.Alias(record.name(), ttl(record), target));
    } else if (record.type().equals(DnsRecordType.A) || record.type().equals(DnsRecordType.AAAA)) {
      try {
        InetAddress ip = InetAddress.getByAddress(ByteBufUtil.getBytes(content));
        if (ip instanceof Inet6Address == record.type().equals(DnsRecordType.AAAA)) {
          entries.add(new Message.AddressEntry(record.name(), ttl(record), ip));
        }
      } catch (UnknownHostException wrongLength) {
        return;
      }
    }
  }

  // RFC 2181 section 8: with the highest bit set it is zero.
  private static Duration ttl(DnsRecord record) {
    long seconds = record.timeToLive();
    return Duration.ofSeconds(seconds > Integer.MAX_VALUE ? 0 : seconds);
  }

  private static final class Opt extends AbstractDnsOptPseudoRrRecord {
    Opt() {
      super(PAYLOAD, 0, 0);
    }
  }
}
