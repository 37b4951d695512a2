package io.bifocal.dataplane.http.filter.rbac;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.stream.StreamInfo;

/**
 * What a stream's metadata tells of decisions.
 *
 * @param namespace the filter's kind
 */
record RbacReport(String namespace, String rulesPrefix, String shadowPrefix) {
  private static final String COMMON = "envoy.common";

  /** {@code rbac_access_denied_matched_policy[…]}. */
  static String details(Engine.Decision decision) {
    String policy = decision.policy().isEmpty() ? "none" : decision.policy();
    return "rbac_access_denied_matched_policy[" + policy.replaceAll("\\s", "_") + "]";
  }

  void enforced(Engine.Decision decision, StreamInfo info) {
    tell(decision, rulesPrefix + "enforced_", info);
    if (decision.logHint() != Engine.LogHint.NONE) {
      Value hint =
          Value.newBuilder().setBoolValue(decision.logHint() == Engine.LogHint.LOG).build();
      info.addMetadata(COMMON, Struct.newBuilder().putFields("access_log_hint", hint).build());
    }
  }

  void inTheShadow(Engine.Decision decision, StreamInfo info) {
    tell(decision, shadowPrefix + "shadow_", info);
  }

  private void tell(Engine.Decision decision, String prefix, StreamInfo info) {
    Struct.Builder fields = Struct.newBuilder();
    if (!decision.policy().isEmpty()) {
      fields.putFields(prefix + "effective_policy_id", text(decision.policy()));
    }
    String result = decision.allowed() ? "allowed" : "denied";
    fields.putFields(prefix + "engine_result", text(result));
    info.addMetadata(namespace, fields.build());
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }
}
