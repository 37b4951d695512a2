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

  private Pem() {}

  /**
   * One block.
   *
   * @param label e.g. {@code CERTIFICATE}
   * @param encrypted in the old way, which headers of the block's own tell of
   * @param der the content
   */
  record Block(String label, boolean encrypted, ByteString der) {}

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
      boolean headers = body.contains(":");
      blocks.add(new Block(matcher.group(1), headers, headers ? ByteString.EMPTY : base64(body)));
    }
    return blocks;
  }

  private static ByteString base64(String text) {
    return ByteString.copyFrom(Base64.getDecoder().decode(text.replaceAll("\\s", "")));
  }
}
