package io.bifocal.api.types;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The descriptor of a message, from its class. What the message itself answers is the same; but a
 * generated one first prepares reflection over all its fields, for which the JVM loads their
 * classes with all their methods, and keeps them: half of what a small proxy's classes need. Safe
 * for use by any thread.
 */
public final class TypeDescriptors {
  private static final ClassValue<Descriptor> OF_CLASS =
      new ClassValue<>() {
        @Override
        protected Descriptor computeValue(Class<?> type) {
          try {
            return (Descriptor)
                MethodHandles.publicLookup()
                    .findStatic(type, "getDescriptor", MethodType.methodType(Descriptor.class))
                    .invoke();
          } catch (Throwable e) { // a handle may throw anything; this one does not
            throw new IllegalArgumentException(type + " is no generated message", e);
          }
        }
      };

  private TypeDescriptors() {}

  /** The message's type. */
  public static Descriptor of(Message message) {
    return message instanceof DynamicMessage
        ? message.getDescriptorForType()
        : OF_CLASS.get(message.getClass());
  }
}
