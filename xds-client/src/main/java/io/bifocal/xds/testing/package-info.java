/**
 * Control planes for tests of what is built on the client; what they say is what a test tells them.
 * {@link io.bifocal.xds.testing.ScriptedSubscriptions} works in this thread and without a wire.
 * {@code ScriptedControlPlane}, a server on a real port, is in the module's {@code test-jar}
 * (classifier {@code tests}), which needs {@code io.grpc:grpc-netty} beside it.
 */
@NullMarked
package io.bifocal.xds.testing;

import org.jspecify.annotations.NullMarked;
