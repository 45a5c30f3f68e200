// Command player plays the Envoys of a mesh whose pods run no containers: for every Running pod with
// an istio-proxy container it keeps one ADS stream to the istiod of the pod's revision, subscribes to
// what an Envoy subscribes to, and acknowledges everything. istiod then counts, lists and reports
// these proxies as it does real ones.
//
// Two pod annotations spoil the play on purpose: bed.meshlift.dev/ack ("never", or a duration to wait
// before each acknowledgement) and bed.meshlift.dev/proxy ("absent": the proxy never connects).
//
// Deliberately absent: data traffic, and mTLS towards istiod (the plaintext port is used).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	typePrefix    = "type.googleapis.com/"
	clusterType   = typePrefix + "envoy.config.cluster.v3.Cluster"
	endpointType  = typePrefix + "envoy.config.endpoint.v3.ClusterLoadAssignment"
	listenerType  = typePrefix + "envoy.config.listener.v3.Listener"
	routeType     = typePrefix + "envoy.config.route.v3.RouteConfiguration"
	ackKey        = "bed.meshlift.dev/ack"
	proxyKey      = "bed.meshlift.dev/proxy"
	statusKey     = "sidecar.istio.io/status"
	revisionLabel = "istio.io/rev"
	xdsPort       = "15010"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the cluster whose proxies are played")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 0)
	services := factory.Core().V1().Services()
	stage := &stage{ctx: ctx, services: services.Lister(), parts: map[string]*part{}, conns: map[string]*grpc.ClientConn{}}
	_, err = factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { stage.see(object.(*corev1.Pod)) },
		UpdateFunc: func(_, object any) { stage.see(object.(*corev1.Pod)) },
		DeleteFunc: func(object any) {
			if tomb, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tomb.Obj
			}
			stage.drop(object.(*corev1.Pod))
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
}

// stage holds every proxy now played, by pod UID.
type stage struct {
	ctx      context.Context
	services listers.ServiceLister
	mu       sync.Mutex
	parts    map[string]*part
	conns    map[string]*grpc.ClientConn
}

// part is one played proxy; pod is the latest seen state, for the annotations.
type part struct {
	cancel context.CancelFunc
	mu     sync.Mutex
	pod    *corev1.Pod
}

func (p *part) latest() *corev1.Pod {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pod
}

func (s *stage) see(pod *corev1.Pod) {
	proxy := proxyContainer(pod)
	running := pod.Status.Phase == corev1.PodRunning && pod.Status.PodIP != "" && pod.DeletionTimestamp == nil
	if proxy == nil || !running || pod.Annotations[proxyKey] == "absent" {
		s.drop(pod)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.parts[string(pod.UID)]; known != nil {
		known.mu.Lock()
		known.pod = pod
		known.mu.Unlock()
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	p := &part{cancel: cancel, pod: pod}
	s.parts[string(pod.UID)] = p
	go s.play(ctx, p, proxy)
}

func (s *stage) drop(pod *corev1.Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.parts[string(pod.UID)]; p != nil {
		p.cancel()
		delete(s.parts, string(pod.UID))
	}
}

// play keeps the stream up until the pod goes; istiod may come, go and be replaced meanwhile.
func (s *stage) play(ctx context.Context, p *part, proxy *corev1.Container) {
	node, err := nodeOf(p.latest(), proxy)
	if err != nil {
		log.Printf("%s/%s: %v", p.pod.Namespace, p.pod.Name, err)
		return
	}
	for ctx.Err() == nil {
		if address := s.istiod(p.latest()); address != "" {
			if err := s.stream(ctx, address, node, p); err != nil && ctx.Err() == nil {
				log.Printf("%s at %s: %v", node.Id, address, err)
			}
		}
		wait(ctx, time.Second)
	}
}

func (s *stage) stream(ctx context.Context, address string, node *core.Node, p *part) error {
	conn, err := s.dial(address)
	if err != nil {
		return err
	}
	stream, err := discovery.NewAggregatedDiscoveryServiceClient(conn).StreamAggregatedResources(ctx, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	for _, kind := range []string{clusterType, listenerType} {
		if err := stream.Send(&discovery.DiscoveryRequest{Node: node, TypeUrl: kind}); err != nil {
			return err
		}
	}
	// What an Envoy asks for by name: the endpoints of its clusters and the routes of its listeners.
	names := map[string][]string{}
	for {
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		if !mayAck(ctx, p) {
			continue
		}
		request := &discovery.DiscoveryRequest{TypeUrl: response.TypeUrl, VersionInfo: response.VersionInfo,
			ResponseNonce: response.Nonce, ResourceNames: names[response.TypeUrl]}
		if err := stream.Send(request); err != nil {
			return err
		}
		follow, wanted := references(response)
		if len(wanted) == 0 || len(names[follow]) > 0 {
			continue
		}
		names[follow] = wanted
		if err := stream.Send(&discovery.DiscoveryRequest{TypeUrl: follow, ResourceNames: wanted}); err != nil {
			return err
		}
	}
}

// dial shares one connection per istiod: streams are what istiod counts.
func (s *stage) dial(address string) (*grpc.ClientConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if conn := s.conns[address]; conn != nil {
		return conn, nil
	}
	// A restarted istiod should have its proxies back within a second, not after gRPC's default two minutes.
	quick := grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.5, MaxDelay: time.Second}, MinConnectTimeout: time.Second}
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(quick),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err == nil {
		s.conns[address] = conn
	}
	return conn, err
}

// istiod finds the address of the pod's control plane: the Service of the revision that injected it.
func (s *stage) istiod(pod *corev1.Pod) string {
	selector := labels.Set{"app": "istiod", revisionLabel: revisionOf(pod)}.AsSelector()
	services, err := s.services.List(selector)
	if err != nil {
		return ""
	}
	for _, service := range services {
		if service.Spec.ClusterIP != "" && service.Spec.ClusterIP != corev1.ClusterIPNone && service.Labels["istio.io/tag"] == "" {
			return net.JoinHostPort(service.Spec.ClusterIP, xdsPort)
		}
	}
	return ""
}

func revisionOf(pod *corev1.Pod) string {
	var status struct{ Revision string }
	if json.Unmarshal([]byte(pod.Annotations[statusKey]), &status) == nil && status.Revision != "" {
		return status.Revision
	}
	if revision := pod.Labels[revisionLabel]; revision != "" {
		return revision
	}
	return "default"
}

// proxyContainer finds the proxy among the containers and, for native sidecars, the init containers.
func proxyContainer(pod *corev1.Pod) *corev1.Container {
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			if list[i].Name == "istio-proxy" {
				return &list[i]
			}
		}
	}
	return nil
}

func nodeOf(pod *corev1.Pod, proxy *corev1.Container) (*core.Node, error) {
	kind := "sidecar"
	if len(proxy.Args) > 1 && proxy.Args[0] == "proxy" {
		kind = proxy.Args[1]
	}
	podLabels := map[string]any{}
	for key, value := range pod.Labels {
		podLabels[key] = value
	}
	_, version, _ := strings.Cut(proxy.Image[strings.LastIndex(proxy.Image, "/")+1:], ":")
	metadata, err := structpb.NewStruct(map[string]any{
		"ISTIO_VERSION": version, "NAMESPACE": pod.Namespace, "NAME": pod.Name,
		"CLUSTER_ID": "Kubernetes", "LABELS": podLabels, "SERVICE_ACCOUNT": pod.Spec.ServiceAccountName,
		// Its presence is how istiod tells a proxy from an istioctl that asks.
		"PROXY_CONFIG": map[string]any{},
	})
	id := fmt.Sprintf("%s~%s~%s.%s~%s.svc.cluster.local", kind, pod.Status.PodIP, pod.Name, pod.Namespace, pod.Namespace)
	return &core.Node{Id: id, Cluster: pod.Labels["app"] + "." + pod.Namespace, Metadata: metadata}, err
}

// mayAck applies the pod's ack annotation, waiting where it asks to.
func mayAck(ctx context.Context, p *part) bool {
	value := p.latest().Annotations[ackKey]
	if value == "never" {
		return false
	}
	if delay, err := time.ParseDuration(value); err == nil {
		wait(ctx, delay)
	}
	return ctx.Err() == nil
}

// references names what the resources of a response point to, and the type to ask it from.
func references(response *discovery.DiscoveryResponse) (string, []string) {
	var names []string
	switch response.TypeUrl {
	case clusterType:
		for _, resource := range response.Resources {
			var c cluster.Cluster
			if resource.UnmarshalTo(&c) == nil && c.GetType() == cluster.Cluster_EDS {
				names = append(names, c.Name)
			}
		}
		return endpointType, names
	case listenerType:
		seen := map[string]bool{}
		for _, resource := range response.Resources {
			var l listener.Listener
			if resource.UnmarshalTo(&l) != nil {
				continue
			}
			for _, chain := range append(l.FilterChains, l.DefaultFilterChain) {
				for _, filter := range chain.GetFilters() {
					var manager hcm.HttpConnectionManager
					if filter.GetTypedConfig().UnmarshalTo(&manager) != nil {
						continue
					}
					if name := manager.GetRds().GetRouteConfigName(); name != "" && !seen[name] {
						seen[name] = true
						names = append(names, name)
					}
				}
			}
		}
		return routeType, names
	}
	return "", nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
