// Scale is a control plane with many clusters, on go-control-plane's snapshot cache. It speaks ADS, state of the world
// and incremental, and changes things when it is told to:
//
//	scale -clusters 10000 -endpoints 10
//
// What it hears on standard input, a line each: "endpoint" gives one cluster another first endpoint; "clusters N" gives
// N clusters another connect timeout and another first endpoint. What it says, a line of JSON each: where it listens;
// that a change is made; each response just before it is sent and each answer to one as it arrives, with the time in
// microseconds.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// all is the one group of nodes there is.
type all struct{}

func (all) ID(*corev3.Node) string { return "all" }

// world is what there is now.
type world struct {
	clusters, endpoints []types.Resource
	perCluster          int
	snapshots           cache.SnapshotCache
	versions            [2]int // of the clusters, of the endpoints
	next                int    // which cluster changes next
}

func name(i int) string { return fmt.Sprintf("cluster-%05d", i) }

func cluster(i, timeoutMs int) *clusterv3.Cluster {
	ads := &corev3.ConfigSource{
		ResourceApiVersion:    corev3.ApiVersion_V3,
		ConfigSourceSpecifier: &corev3.ConfigSource_Ads{Ads: &corev3.AggregatedConfigSource{}},
	}
	return &clusterv3.Cluster{
		Name:                 name(i),
		ConnectTimeout:       durationpb.New(time.Duration(timeoutMs) * time.Millisecond),
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_EDS},
		EdsClusterConfig:     &clusterv3.Cluster_EdsClusterConfig{EdsConfig: ads},
		LbPolicy:             clusterv3.Cluster_LEAST_REQUEST,
	}
}

func assignment(i, count, port int) *endpointv3.ClusterLoadAssignment {
	hosts := make([]*endpointv3.LbEndpoint, count)
	for k := range hosts {
		at := uint32(8080)
		if k == 0 {
			at = uint32(port)
		}
		n := i*count + k
		hosts[k] = &endpointv3.LbEndpoint{
			HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{
				Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
					Address:       fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255),
					PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: at},
				}}},
			}},
			HealthStatus:        corev3.HealthStatus_HEALTHY,
			LoadBalancingWeight: wrapperspb.UInt32(1),
		}
	}
	return &endpointv3.ClusterLoadAssignment{
		ClusterName: name(i),
		Endpoints: []*endpointv3.LocalityLbEndpoints{{
			Locality:            &corev3.Locality{Region: "region", Zone: fmt.Sprintf("zone-%d", i%3)},
			LoadBalancingWeight: wrapperspb.UInt32(1),
			LbEndpoints:         hosts,
		}},
	}
}

func (w *world) publish() error {
	var snapshot cache.Snapshot
	snapshot.Resources[types.Cluster] = cache.NewResources(fmt.Sprint(w.versions[0]), w.clusters)
	snapshot.Resources[types.Endpoint] = cache.NewResources(fmt.Sprint(w.versions[1]), w.endpoints)
	return w.snapshots.SetSnapshot(context.Background(), all{}.ID(nil), &snapshot)
}

func (w *world) changeEndpoint() {
	w.versions[1]++
	w.endpoints[w.next] = assignment(w.next, w.perCluster, 10000+w.versions[1])
	w.next = (w.next + 1) % len(w.clusters)
}

func (w *world) changeClusters(count int) {
	w.versions[0]++
	w.versions[1]++
	for ; count > 0; count-- {
		w.clusters[w.next] = cluster(w.next, 5000+w.versions[0])
		w.endpoints[w.next] = assignment(w.next, w.perCluster, 10000+w.versions[1])
		w.next = (w.next + 1) % len(w.clusters)
	}
}

// told is what is said on standard output.
type told struct {
	sync.Mutex
	*json.Encoder
}

type event struct {
	Event   string `json:"event"`
	Address string `json:"address,omitempty"`
	Type    string `json:"type,omitempty"`
	Nonce   string `json:"nonce,omitempty"`
	Error   string `json:"error,omitempty"`
	Count   int    `json:"count,omitempty"`
	At      int64  `json:"at"`
}

var start = time.Now()

func (t *told) tell(e event) {
	e.At = time.Since(start).Microseconds()
	t.Lock()
	defer t.Unlock()
	if err := t.Encode(e); err != nil {
		log.Fatal(err)
	}
}

func (t *told) response(typeURL, nonce string, count int) {
	t.tell(event{Event: "response", Type: short(typeURL), Nonce: nonce, Count: count})
}

func (t *told) answer(typeURL, nonce string, problem *status.Status) {
	if nonce != "" {
		t.tell(event{Event: "answer", Type: short(typeURL), Nonce: nonce, Error: problem.GetMessage()})
	}
}

func short(typeURL string) string { return typeURL[strings.LastIndex(typeURL, ".")+1:] }

func main() {
	clusters := flag.Int("clusters", 10000, "how many clusters")
	endpoints := flag.Int("endpoints", 10, "how many endpoints each has")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("scale: ")

	w := &world{perCluster: *endpoints, snapshots: cache.NewSnapshotCache(true, all{}, nil), versions: [2]int{1, 1}}
	for i := 0; i < *clusters; i++ {
		w.clusters = append(w.clusters, cluster(i, 5000))
		w.endpoints = append(w.endpoints, assignment(i, *endpoints, 8080))
	}
	if err := w.publish(); err != nil {
		log.Fatal(err)
	}

	out := &told{Encoder: json.NewEncoder(os.Stdout)}
	xds := server.NewServer(context.Background(), w.snapshots, server.CallbackFuncs{
		StreamRequestFunc: func(_ int64, request *discoveryv3.DiscoveryRequest) error {
			out.answer(request.GetTypeUrl(), request.GetResponseNonce(), request.GetErrorDetail())
			return nil
		},
		StreamResponseFunc: func(_ context.Context, _ int64, _ *discoveryv3.DiscoveryRequest, response *discoveryv3.DiscoveryResponse) {
			out.response(response.GetTypeUrl(), response.GetNonce(), len(response.GetResources()))
		},
		StreamDeltaRequestFunc: func(_ int64, request *discoveryv3.DeltaDiscoveryRequest) error {
			out.answer(request.GetTypeUrl(), request.GetResponseNonce(), request.GetErrorDetail())
			return nil
		},
		StreamDeltaResponseFunc: func(_ int64, _ *discoveryv3.DeltaDiscoveryRequest, response *discoveryv3.DeltaDiscoveryResponse) {
			out.response(response.GetTypeUrl(), response.GetNonce(), len(response.GetResources()))
		},
	})
	service := grpc.NewServer()
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(service, xds)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(service.Serve(listener)) }()
	out.tell(event{Event: "listening", Address: listener.Addr().String()})

	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var count int
		if lines.Text() == "endpoint" {
			w.changeEndpoint()
		} else if n, _ := fmt.Sscanf(lines.Text(), "clusters %d", &count); n == 1 {
			w.changeClusters(count)
		} else {
			log.Fatalf("no such command: %s", lines.Text())
		}
		if err := w.publish(); err != nil {
			log.Fatal(err)
		}
		out.tell(event{Event: "changed"})
	}
}
