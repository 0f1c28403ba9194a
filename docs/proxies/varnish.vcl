# Varnish in front of Dovidka: it keeps answers for a day and drops them by their keys (vmod xkey, varnish-modules).
# A webhook's receiver sends `PURGE /` with the header `xkey-purge` and the event's `keys`, joined by spaces.
vcl 4.1;

import std;
import xkey;

backend default {
    .host = "127.0.0.1";
    .port = "8000";
}

acl purgers {
    "localhost";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403, "Forbidden"));
        }
        return (synth(200, "Purged " + xkey.purge(req.http.xkey-purge)));
    }
    # A stream would be held back until it ends.
    if (req.url ~ "^/v1/changes/stream") {
        return (pipe);
    }
    # Whoever asks for a position is answered by the server.
    if (req.http.Min-Position) {
        return (pass);
    }
}

sub vcl_backend_response {
    set beresp.http.xkey = beresp.http.Surrogate-Key;
    if (beresp.http.CDN-Cache-Control ~ "max-age=[0-9]+") {
        set beresp.ttl = std.duration(regsub(beresp.http.CDN-Cache-Control, "^.*max-age=([0-9]+).*$", "\1s"), 5s);
        # An answer that Dovidka cannot renew is served on for as long as it says.
        set beresp.grace = 1d;
    }
}

sub vcl_deliver {
    unset resp.http.xkey;
    unset resp.http.Surrogate-Key;
    unset resp.http.CDN-Cache-Control;
}
