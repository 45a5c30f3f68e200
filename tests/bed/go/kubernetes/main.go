// Command bed-kubernetes holds a whole control plane in one file: the first argument (or the name it
// was started by) chooses which component it is. One binary shares the code the five have in common,
// so it links in a fraction of the time and the space of five.
//
// Deliberately absent: any setting. Each component takes its own upstream flags.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var components = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	name := filepath.Base(os.Args[0])
	if !known(name) {
		if len(os.Args) < 2 {
			usage()
		}
		// The component must find its own flags right after its name, as if it had been started by it.
		os.Args = os.Args[1:]
		name = os.Args[0]
	}
	switch {
	case !known(name):
		usage()
	case name == "etcd":
		etcdmain.Main(os.Args)
	case name == "kubectl":
		// kubectl words its own errors; cli.Run would put a second, different line under them.
		kubectlutil.CheckErr(cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()))
	default:
		os.Exit(cli.Run(components[name]()))
	}
}

func known(name string) bool {
	return components[name] != nil || name == "etcd" || name == "kubectl"
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: bed-kubernetes etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl [flags]")
	os.Exit(2)
}
