package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PEM as OpenSSL reads it: blocks, with anything around them. */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
  private static final Pattern ENCRYPTED = Pattern.compile("DEK-Info: *(\\S+)");

  private Pem() {}

  /**
   * One block.
   *
   * @param label e.g. {@code CERTIFICATE}
   * @param encryption how it is encrypted in the old way, which a header tells; else empty
   * @param der the content
   */
  record Block(String label, String encryption, ByteString der) {}

  /**
   * All blocks, in order.
   *
   * @throws IllegalArgumentException when one of them is not base64
   */
  static List<Block> blocks(String text) {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      String body = matcher.group(2);
      int headers = body.lastIndexOf(':') + 1;
      int content = headers == 0 ? 0 : body.indexOf('\n', headers);
      if (content < 0) {
        throw new IllegalArgumentException("headers, and no content");
      }
      Matcher encrypted = ENCRYPTED.matcher(body.substring(0, content));
      blocks.add(
          new Block(
              matcher.group(1),
              encrypted.find() ? encrypted.group(1) : "",
              base64(body.substring(content))));
    }
    return blocks;
  }

  private static ByteString base64(String text) {
    return ByteString.copyFrom(Base64.getDecoder().decode(text.replaceAll("\\s", "")));
  }
}
