/** Answers the health checks of whoever balances load over this proxy. */
@NullMarked
package io.bifocal.dataplane.http.filter.healthcheck;

import org.jspecify.annotations.NullMarked;
