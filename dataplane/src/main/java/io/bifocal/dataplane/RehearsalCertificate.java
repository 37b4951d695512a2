package io.bifocal.dataplane;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;

/**
 * A certificate of its own maker, who forgets the key; as RFC 5280 has it, in DER (X.690).
 *
 * @param certificate in PEM
 * @param key in PEM
 */
record RehearsalCertificate(String certificate, String key) {
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int INTEGER = 2;
  private static final int BIT_STRING = 3;
  private static final int OCTET_STRING = 4;
  private static final int OBJECT = 6;
  private static final int TEXT = 12;
  private static final int TIME = 0x17;
  private static final int VERSION = 0xa0;
  private static final int EXTENSIONS = 0xa3;
  private static final int DNS_NAME = 0x82;

  private static final byte[] ECDSA_WITH_SHA256 = {
    0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2
  };
  private static final byte[] COMMON_NAME = {0x55, 4, 3};
  private static final byte[] ALTERNATIVE_NAME = {0x55, 0x1d, 0x11};

  private static final DateTimeFormatter TIMES =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  /** For a name, from one instant to another. */
  static RehearsalCertificate of(String name, Instant from, Instant to)
      throws GeneralSecurityException {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
    keys.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = keys.generateKeyPair();
    byte[] algorithm = der(SEQUENCE, der(OBJECT, ECDSA_WITH_SHA256));
    byte[] who =
        der(
            SEQUENCE,
            der(SET, der(SEQUENCE, der(OBJECT, COMMON_NAME), der(TEXT, name.getBytes(US_ASCII)))));
    byte[] names = der(SEQUENCE, der(DNS_NAME, name.getBytes(US_ASCII)));
    byte[] signed =
        der(
            SEQUENCE,
            der(VERSION, der(INTEGER, new byte[] {2})),
            der(INTEGER, new byte[] {1}),
            algorithm,
            who,
            der(SEQUENCE, time(from), time(to)),
            who,
            pair.getPublic().getEncoded(),
            der(
                EXTENSIONS,
                der(
                    SEQUENCE,
                    der(SEQUENCE, der(OBJECT, ALTERNATIVE_NAME), der(OCTET_STRING, names)))));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate());
    signature.update(signed);
    byte[] noUnusedBits = {0};
    byte[] certificate =
        der(SEQUENCE, signed, algorithm, der(BIT_STRING, noUnusedBits, signature.sign()));
    return new RehearsalCertificate(
        pem("CERTIFICATE", certificate), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
  }

  private static byte[] time(Instant at) {
    return der(TIME, TIMES.format(at).getBytes(US_ASCII));
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(tag);
    int length = content.size();
    if (length > 0xff) {
      all.write(0x82);
      all.write(length >> 8);
    } else if (length > 0x7f) {
      all.write(0x81);
    }
    all.write(length);
    all.writeBytes(content.toByteArray());
    return all.toByteArray();
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
  }
}
