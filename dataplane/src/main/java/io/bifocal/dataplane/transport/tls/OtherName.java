package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A name of a kind that its owner has thought out (RFC 5280, section 4.2.1.6).
 *
 * @param oid its kind, as numbers with dots between
 * @param value as a text, whatever it is; as Envoy writes it
 */
public record OtherName(String oid, String value) {
  private static final String SUBJECT_ALT_NAME = "2.5.29.17";
  private static final Pattern OID =
      Pattern.compile("([01]\\.[1-3]?\\d|2\\.%1$s)(\\.%1$s)*".formatted("(0|[1-9]\\d*)"));

  /** All of a certificate's, in order; none where they do not parse. */
  public static List<OtherName> of(X509Certificate certificate) {
    byte[] extension = certificate.getExtensionValue(SUBJECT_ALT_NAME);
    if (extension == null) {
      return List.of();
    }
    List<OtherName> found = new ArrayList<>();
    try {
      for (Der.Value name : inside(inside(Der.decode(extension).get(0)).get(0))) {
        if (name.tag() == Der.CONTEXT_0) {
          List<Der.Value> parts = inside(name);
          found.add(new OtherName(oid(parts.get(0).content()), text(inside(parts.get(1)).get(0))));
        }
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return List.of();
    }
    return found;
  }

  /** Whether that names a kind. */
  static boolean isKind(String oid) {
    return OID.matcher(oid).matches();
  }

  private static List<Der.Value> inside(Der.Value value) {
    return Der.decode(value.content().toByteArray());
  }

  private static String text(Der.Value value) {
    ByteString content = value.content();
    return switch (value.tag()) {
      case Der.NULL -> "";
      case Der.BOOLEAN -> String.valueOf(content.byteAt(0) != 0);
      case Der.INTEGER, Der.ENUMERATED -> new BigInteger(content.toByteArray()).toString();
      case Der.OBJECT_IDENTIFIER -> oid(content);
      case Der.BIT_STRING -> content.substring(1).toStringUtf8();
      case Der.BMP_STRING -> content.toString(StandardCharsets.UTF_16BE);
      case Der.SEQUENCE, Der.SET ->
          ByteString.copyFrom(Der.encode(value.tag(), content.toByteArray())).toStringUtf8();
      default -> content.toStringUtf8();
    };
  }

  // X.690, section 8.19: seven bits at a time, the first two numbers in one.
  private static String oid(ByteString content) {
    StringBuilder text = new StringBuilder();
    BigInteger number = BigInteger.ZERO;
    for (byte next : content) {
      number = number.shiftLeft(7).or(BigInteger.valueOf(next & 0x7F));
      if (next >= 0) {
        if (text.isEmpty()) {
          int first = number.min(BigInteger.valueOf(80)).intValueExact() / 40;
          text.append(first);
          number = number.subtract(BigInteger.valueOf(40L * first));
        }
        text.append('.').append(number);
        number = BigInteger.ZERO;
      }
    }
    return text.toString();
  }
}
