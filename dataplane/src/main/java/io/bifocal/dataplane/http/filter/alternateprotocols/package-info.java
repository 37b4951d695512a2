/** What answers say of other protocols ({@code Alt-Svc}), learnt for later requests. */
@NullMarked
package io.bifocal.dataplane.http.filter.alternateprotocols;

import org.jspecify.annotations.NullMarked;
