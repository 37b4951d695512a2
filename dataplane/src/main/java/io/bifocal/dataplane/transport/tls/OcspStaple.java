package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.transport.tls.Der.Value;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the authority says of a certificate's status (RFC 6960), to be shown with it.
 *
 * @param response as it is shown
 * @param serial the certificate's number
 * @param from since when it holds
 * @param until when it is to be renewed; null when it does not say, and it is never shown then
 */
record OcspStaple(ByteString response, BigInteger serial, Instant from, @Nullable Instant until) {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'");
  private static final int ENUMERATED = 0x0A;
  private static final int SUCCESSFUL = 0;

  /**
   * Reads and checks, in Envoy's words where it has any.
   *
   * @param of whose status it is
   */
  static OcspStaple read(ByteString response, X509Certificate of) throws ConfigException {
    OcspStaple read;
    try {
      read = parse(response);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException e) {
      throw new ConfigException("OCSP Response is not well-formed", e);
    }
    if (!read.serial.equals(of.getSerialNumber())) {
      throw new ConfigException("OCSP response does not match its TLS certificate");
    }
    return read;
  }

  private static OcspStaple parse(ByteString bytes) throws ConfigException {
    List<Value> values = Der.decode(bytes.toByteArray());
    if (values.size() != 1) {
      throw new ConfigException("Data contained more than a single OCSP response");
    }
    List<Value> response = children(values.get(0), Der.SEQUENCE);
    Value status = response.get(0);
    if (status.tag() != ENUMERATED) {
      throw new ConfigException("OCSP ResponseStatus is not a well-formed ASN.1 ENUMERATED");
    }
    if (new BigInteger(status.content().toByteArray()).intValueExact() != SUCCESSFUL) {
      throw new ConfigException("OCSP response was unsuccessful");
    }
    if (response.size() < 2) {
      throw new ConfigException("OCSP response has no body");
    }
    Value body = children(only(response.get(1)), Der.SEQUENCE).get(1);
    return parse(bytes, children(only(body), Der.SEQUENCE).get(0));
  }

  /** Of the signed data. */
  private static OcspStaple parse(ByteString bytes, Value data) throws ConfigException {
    List<Value> fields = children(data, Der.SEQUENCE);
    int producedAt = 1; // behind who responds, before which there may be a version
    if (fields.get(0).tag() == Der.CONTEXT_0) {
      producedAt++;
    }
    List<Value> responses = children(fields.get(producedAt + 1), Der.SEQUENCE);
    if (responses.size() != 1) {
      throw new ConfigException("OCSP Response must be for one certificate only");
    }
    List<Value> single = children(responses.get(0), Der.SEQUENCE);
    Value serial = children(single.get(0), Der.SEQUENCE).get(3);
    Instant until = null;
    if (single.size() > 3 && single.get(3).tag() == Der.CONTEXT_0) {
      until = time(only(single.get(3)));
    }
    return new OcspStaple(
        bytes, new BigInteger(serial.content().toByteArray()), time(single.get(2)), until);
  }

  private static List<Value> children(Value parent, int tag) {
    if (parent.tag() != tag) {
      throw new IllegalArgumentException("a DER value of another type");
    }
    return Der.decode(parent.content().toByteArray());
  }

  private static Value only(Value parent) {
    return Der.decode(parent.content().toByteArray()).get(0);
  }

  private static Instant time(Value value) {
    return LocalDateTime.parse(value.content().toString(StandardCharsets.US_ASCII), TIME)
        .toInstant(ZoneOffset.UTC);
  }

  boolean isValid(Instant now) {
    return until != null && now.isBefore(until);
  }

  @Override
  public String toString() {
    return "OcspStaple[" + serial + ", until " + until + "]";
  }
}
