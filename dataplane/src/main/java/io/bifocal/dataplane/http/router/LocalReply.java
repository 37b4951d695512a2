package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.stream.ResponseFlag;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is made here because there is no other.
 *
 * @param flag what went wrong; null for nothing of which there is a flag
 * @param details {@code %RESPONSE_CODE_DETAILS%}
 */
public record LocalReply(int status, String body, @Nullable ResponseFlag flag, String details) {}
