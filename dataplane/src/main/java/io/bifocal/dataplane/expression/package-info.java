/**
 * Expressions in CEL (Common Expression Language) about a request or a connection, as Envoy's log
 * filters, log commands and access rules have them.
 */
@NullMarked
package io.bifocal.dataplane.expression;

import org.jspecify.annotations.NullMarked;
